"""Every paper on the mini net: one launch through all its stages, killed and resumed, tested. Minutes in all.

python -m pytest -m slow tests/test_end_to_end/test_papers_mini.py
"""

import json
from pathlib import Path

import pytest

from tests.conftest import ROOT, run_command

from .test_dast_mini import assert_equal, final, load

pytestmark = pytest.mark.slow

ITERATIONS = 4
RUNS = dict(dast=3, plca=2, maxcos=3, sam=4, pixintrada=4)
"""Training runs of each paper's mini config: the source model's, PixIntraDA's stage I (AdaptSegNet), its own stages."""
LABELLED = dict(dast=1, plca=0, maxcos=1, sam=2, pixintrada=2)
"""Those of its own stages that train on pseudo labels."""
CHANGES = """
custom_imports = dict(imports=[*_base_.custom_imports.imports, 'tests.test_end_to_end.probe'])
custom_hooks = [dict(type='StopAt')]
train_cfg = dict(max_iters={iterations}, val_interval=2)
default_hooks = dict(checkpoint=dict(interval=2), logger=dict(interval=1))
train_dataloader = dict(batch_size=2)
"""


@pytest.fixture
def launch(minicity, tmp_path):
    """Train a paper's mini config for a few iterations a stage; the last stage can be killed on the way."""

    def write(name: str, base: str, stages: str = '') -> Path:
        path = tmp_path / f'{name}.py'
        path.write_text(f"_base_ = '{ROOT}/configs/{base}'\n{CHANGES.format(iterations=ITERATIONS)}\n{stages}\n")
        return path

    source = write('source', 'source_only/source_only_mini_gta2cs.py')
    first = f"stages = dict(source=dict(config='{source}'))"
    inter = write('inter', 'adaptseg/adaptseg_mini_gta2cs.py', first)
    stages = dict.fromkeys(RUNS, first) | dict(
        sam=f"stages = dict(source=dict(config='{source}'), no_pseudo=dict(config='{source}'))",
        pixintrada=f"stages = dict(inter=dict(config='{inter}'))",
    )

    def train(paper: str, work_dir: Path, stop_at: str | None = None):
        config = write(paper, f'{paper}/{paper}_mini_gta2cs.py', stages[paper])
        roots = [
            f'train_dataloader.dataset.source.data_root={minicity}/gta',
            *(f'{loader}_dataloader.dataset.data_root={minicity}/cityscapes' for loader in ('val', 'test')),
            f'train_dataloader.dataset.target.data_root={minicity}/cityscapes',
        ]
        env = dict(PYTHONPATH=str(ROOT), **(dict(STOP_AT=stop_at) if stop_at else {}))
        return run_command(
            *('python', 'tools/train.py', config, '--work-dir', work_dir),
            *('--cfg-options', *roots),
            env=env,
            check=stop_at is None,
        )

    return train


@pytest.mark.parametrize('paper', RUNS)
def test_one_launch_from_nothing_to_the_final_number(paper, launch, minicity, tmp_path):
    whole, killed = tmp_path / 'whole', tmp_path / 'killed'
    text = launch(paper, whole).stdout
    steps = [line for line in text.splitlines() if 'Iter(train)' in line]
    assert len(steps) == ITERATIONS * RUNS[paper] and not any('nan' in step for step in steps)
    rounds = list(whole.rglob('pseudo_labels/iter_0/manifest.json'))
    assert len(rounds) == LABELLED[paper]

    assert launch(paper, killed, stop_at=f'{final(whole).parent.name}:3').returncode == 9
    resumed = launch(paper, killed).stdout
    assert 'finished before' in resumed, 'the source model is shared'
    assert_equal(load(final(whole))['state_dict'], load(final(killed))['state_dict'])

    config = ROOT / f'configs/{paper}/{paper}_mini_gta2cs.py'
    root = f'test_dataloader.dataset.data_root={minicity}/cityscapes'
    run_command(
        *('python', 'tools/test.py', config, final(whole), '--work-dir', tmp_path / 'test', '--cfg-options', root)
    )
    (result,) = (tmp_path / 'test').rglob('*.json')
    assert 0 <= json.loads(result.read_text())['mIoU'] <= 100
