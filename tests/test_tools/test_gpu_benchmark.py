"""The GPU benchmark runs to its end whatever a row does; what it measures is what it says."""

import argparse
import sys
import time

import pytest
import torch

from tests.conftest import ROOT, run_command

COMMAND = ('bash', 'tools/benchmarks/gpu.sh')
HERE = dict(PYTHON=sys.executable)


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / 'tools' / 'benchmarks'))
    import gpu

    yield gpu
    for name in ('gpu', 'training_memory', 'alternating_loop', 'plca'):
        sys.modules.pop(name, None)


@pytest.fixture
def args(tmp_path) -> argparse.Namespace:
    return argparse.Namespace(out=tmp_path, city=tmp_path / 'city', smoke=True)


@pytest.mark.skipif(torch.cuda.is_available(), reason='there is one')
def test_without_a_gpu_it_says_so(tmp_path):
    done = run_command(*COMMAND, tmp_path / 'out', env=HERE, check=False)
    assert done.returncode == 1 and done.stdout.startswith('Error: this benchmark needs CUDA')
    assert not (tmp_path / 'out').exists()


def test_when_time_is_out_the_page_says_so_in_every_row(gpu, tmp_path):
    run_command(*COMMAND, tmp_path, '--smoke', '--seconds', '0', env=HERE, check=False)
    page = (tmp_path / 'gpu.md').read_text()
    assert page.count('| not measured: out of time |') == sum(map(len, gpu.jobs())) == page.count(' | not measured')


def test_rows_after_one_that_kills_its_process_are_measured(gpu, args, monkeypatch):
    script = (
        'import json, os, sys\n'
        'for _, name, _ in json.loads(sys.argv[1]):\n'
        '    os._exit(3) if name == "bad" else print(json.dumps(dict(name=name)), flush=True)\n'
    )
    monkeypatch.setattr(gpu, 'worker', lambda rows, args: [sys.executable, '-c', script, gpu.json.dumps(rows)])
    rows = [('step', name, '') for name in ('a', 'bad', 'b', 'c')]
    results = gpu.run_rows(rows, time.monotonic() + 60, args, None)
    assert [results[row] for row in rows] == [
        dict(name='a'),
        dict(why='its process ended with status 3'),
        dict(name='b'),
        dict(name='c'),
    ]


def test_a_row_that_takes_too_long_is_ended(gpu, args, monkeypatch):
    monkeypatch.setattr(gpu, 'worker', lambda rows, args: ['sleep', '60'])
    row = ('step', 'a', '')
    start = time.monotonic()
    assert gpu.run_rows([row], start + 0.2, args, None) == {row: dict(why='out of time')}
    assert time.monotonic() - start < 30


@pytest.mark.parametrize(
    ('error', 'why'),
    [
        (torch.cuda.OutOfMemoryError('CUDA out of memory. Tried to allocate'), 'out of memory'),
        (RuntimeError('no | compiler\nmore'), 'RuntimeError: no / compiler'),
    ],
)
def test_a_row_that_fails_says_why(gpu, args, monkeypatch, error, why):
    def fail(*_):
        raise error

    monkeypatch.setitem(gpu.MEASURES, 'step', fail)
    row = ('step', 'dast', 'fp32')
    assert gpu.attempt(row, args) == dict(why=why)
    page = gpu.report('', {row: dict(why=why)}, smoke=False)
    assert f'| dast | fp32 | not measured: {why} |' in page


def test_stages_are_those_with_the_papers_losses(gpu):
    losses = dict(dast='attention', plca='plca', maxcos='maxcos', sam='sam', pixintrada='pixintrada')
    for paper, loss in losses.items():
        cfg = gpu.stage_config(paper, smoke=False)
        assert loss in cfg.model.adaptations and cfg.model.backbone.depth == 101
    assert gpu.described_images(gpu.stage_config('plca', smoke=False)) == '4 of 730x730, 4 of 730x730'
    assert gpu.described_images(gpu.stage_config('dast', smoke=False)) == '1 of 1280x720, 1 of 1024x512'


def test_a_row_in_a_process_of_its_own(gpu, args):
    row = ('step', 'pixintrada', 'bf16')
    with open(args.out / 'log', 'w') as log:
        (result,) = gpu.run_rows([row], time.monotonic() + 300, args, log).values()
    assert result['kind'] == 'in parts' and result['seconds'] > 0, (args.out / 'log').read_text()


def test_plain_self_attention_is_the_same_function(gpu):
    from mmseg_uda.models.ops import self_attend

    torch.manual_seed(0)
    projected, values = torch.randn(2, 2, 5, 6, 7, dtype=torch.double, requires_grad=True)
    results = []
    for attend in (gpu.plain_self_attend, self_attend):
        attended = attend(projected, values)
        results.append((attended, *torch.autograd.grad(attended.square().sum(), (projected, values))))
    torch.testing.assert_close(*results)


@pytest.mark.slow
def test_smoke_runs_it_all(tmp_path):
    run_command(*COMMAND, tmp_path, '--smoke', '--seconds', '3000', env=HERE)
    page = (tmp_path / 'gpu.md').read_text()
    assert 'not measured' not in page and 'nan' not in page, page
