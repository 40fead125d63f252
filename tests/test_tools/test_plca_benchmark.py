"""The two forms that PLCA's benchmark times are the same loss, and the tool writes its table."""

import importlib.util

import pytest
import torch

from tests.conftest import ROOT, run_command


@pytest.fixture(scope='module')
def benchmark():
    folder = ROOT / 'tools' / 'benchmarks'
    spec = importlib.util.spec_from_file_location('plca_benchmark', folder / 'plca.py')
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))  # for what it shares with the other benchmarks
        spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(('similarity', 'channels'), [('cosine', 24), ('kl', 19)])
def test_both_forms_agree(benchmark, similarity, channels):
    source, target, labels = benchmark.scene(14, channels, similarity)
    results = []
    for form in benchmark.APPROACHES.values():
        inputs = [x.double().requires_grad_() for x in (source, target)]
        loss, valid = form(*inputs, labels, similarity)
        results.append((loss, valid.flatten(), *torch.autograd.grad(loss, inputs)))
    torch.testing.assert_close(*results, rtol=1e-9, atol=1e-12)
    assert 0.1 < results[0][1].double().mean() < 0.95


def test_table(tmp_path):
    out = tmp_path / 'plca.md'
    command = ('python', 'tools/benchmarks/plca.py', '--tasks', 'KL, 19 classes', '--sides', '8', '--repeats', '1')
    run_command(*command, '--out', out)
    assert '| KL, 19 classes | 8x8 |' in out.read_text()
