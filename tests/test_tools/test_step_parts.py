"""What the benchmark counts is what autograd holds, and its table has every part of a step."""

import sys

import pytest
import torch

from tests.conftest import ROOT, run_command

TINY = """
_base_ = '{root}/configs/mic/mic_daformer_mitb5_gta2cs.py'
model = dict(
    backbone=dict(size='b0'), decode_head=dict(in_channels=(32, 64, 160, 256), channels=16, embed_dims=16)
)
"""


@pytest.fixture
def step_parts(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / 'tools' / 'benchmarks'))
    import step_parts

    yield step_parts
    for name in ('step_parts', 'training_memory'):
        del sys.modules[name]


def test_storages_count_once_while_a_graph_holds_them(step_parts):
    weight = torch.ones(100, requires_grad=True)
    saved = step_parts.SavedTensors([weight])
    with saved.watched():
        kept = weight.exp()  # holds its result, which sin holds too
        loss = (kept.sin() * weight).sum()  # the product holds the sine and the weight, a parameter
        kept.cos()  # held by nobody
    assert saved.bytes() == 2 * 100 * 4
    loss.backward()
    assert saved.bytes() == 0


def table(page: str, title: str) -> dict[str, list[str]]:
    rows = page.split(f'## {title}')[1].split('## ')[0].splitlines()
    cells = [[cell.strip() for cell in row.strip('|').split('|')] for row in rows if row.startswith('| tiny')]
    return {activations: rest for _, activations, *rest in cells}


def test_page(tmp_path):
    config, out = tmp_path / 'tiny.py', tmp_path / 'page.md'
    config.write_text(TINY.format(root=ROOT))
    run_command('python', 'tools/benchmarks/step_parts.py', config, '--scale', '0.25', '--out', out)
    memory, time = (table(out.read_text(), title) for title in ('Memory', 'Time'))
    kept, recomputed = ([float(cell) for cell in memory[form]] for form in ('kept', 'recomputed'))
    assert all(0 < less < more for less, more in zip(recomputed[:5], kept[:5], strict=True))
    *parts, in_parts, sum_of_parts, _ = kept
    assert in_parts == max(parts) and sum_of_parts == pytest.approx(sum(parts), abs=0.02)
    _, teacher, mixing, masking = (float(cell) for cell in time['kept'])
    assert 0 < mixing < 100 and 0 < masking < 100 and 0 < teacher < 100
