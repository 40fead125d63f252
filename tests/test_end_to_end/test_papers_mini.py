"""Every paper on the mini net: one launch through all its stages, killed and resumed, tested. Minutes in all.

python -m pytest -m slow tests/test_end_to_end/test_papers_mini.py
"""

import json
from pathlib import Path

import pytest
from mmengine.config import Config

from tests.conftest import ROOT, run_command

from .test_dast_mini import assert_equal, final, load

pytestmark = pytest.mark.slow

ITERATIONS = 4
STAGES = dict(dast=2, plca=1, maxcos=2, sam=3, pixintrada=3)
"""Training runs of each paper's mini config."""
LABELLED = dict(dast=1, plca=0, maxcos=1, sam=2, pixintrada=2)
"""Those of them that train on pseudo labels."""


def stages_labelled_by(base: Path, start: Path) -> str:
    """The method's stages as config text, with another model where a config names the one that labels first."""
    stages = [dict(entry) for entry in Config.fromfile(base).get('stages', [])]
    for entry in stages:
        cfg = Config.fromfile(entry.get('config', base))
        if 'labels_from' not in entry and 'labeler' in cfg.default_hooks.pseudo_labels:
            key = 'default_hooks.pseudo_labels.labeler.checkpoint'
            entry['options'] = {**entry.get('options', {}), key: f'{start}/source_only_mini_gta2cs.pth'}
    return f'stages = {stages!r}' if stages else ''


@pytest.fixture
def launch(minicity, start, tmp_path):
    """Train a paper's mini config for a few iterations a stage; the last stage can be killed on the way."""

    def train(paper: str, work_dir: Path, stop_at: str | None = None):
        base = ROOT / f'configs/{paper}/{paper}_mini_gta2cs.py'
        config = tmp_path / f'{paper}.py'
        config.write_text(
            f"_base_ = '{base}'\n"
            "custom_imports = dict(imports=[*_base_.custom_imports.imports, 'tests.test_end_to_end.probe'])\n"
            "custom_hooks = [dict(type='StopAt')]\n"
            f'{stages_labelled_by(base, start)}\n'
        )
        options = [
            f'train_cfg.max_iters={ITERATIONS}',
            'train_cfg.val_interval=2',
            'default_hooks.checkpoint.interval=2',
            'default_hooks.logger.interval=1',
            f'load_from={start}/source_only_mini_gta2cs.pth',
            'train_dataloader.batch_size=2',
            f'train_dataloader.dataset.source.data_root={minicity}/gta',
            f'train_dataloader.dataset.target.data_root={minicity}/cityscapes',
            f'val_dataloader.dataset.data_root={minicity}/cityscapes',
            f'test_dataloader.dataset.data_root={minicity}/cityscapes',
        ]
        env = dict(PYTHONPATH=str(ROOT), **(dict(STOP_AT=stop_at) if stop_at else {}))
        return run_command(
            *('python', 'tools/train.py', config, '--work-dir', work_dir),
            *('--cfg-options', *options),
            env=env,
            check=stop_at is None,
        )

    return train


@pytest.mark.parametrize('paper', STAGES)
def test_one_launch_from_nothing_to_the_final_number(paper, launch, minicity, tmp_path):
    whole, killed = tmp_path / 'whole', tmp_path / 'killed'
    text = launch(paper, whole).stdout
    steps = [line for line in text.splitlines() if 'Iter(train)' in line]
    assert len(steps) == ITERATIONS * STAGES[paper] and not any('nan' in step for step in steps)
    rounds = list(whole.rglob('pseudo_labels/iter_0/manifest.json'))
    assert len(rounds) == LABELLED[paper]

    where = final(whole).parent.name if STAGES[paper] > 1 else killed.name
    assert launch(paper, killed, stop_at=f'{where}:3').returncode == 9
    launch(paper, killed)
    assert_equal(load(final(whole))['state_dict'], load(final(killed))['state_dict'])

    config = ROOT / f'configs/{paper}/{paper}_mini_gta2cs.py'
    root = f'test_dataloader.dataset.data_root={minicity}/cityscapes'
    run_command(
        *('python', 'tools/test.py', config, final(whole), '--work-dir', tmp_path / 'test', '--cfg-options', root)
    )
    (result,) = (tmp_path / 'test').rglob('*.json')
    assert 0 <= json.loads(result.read_text())['mIoU'] <= 100
