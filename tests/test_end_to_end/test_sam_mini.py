"""SAM on the mini net in one launch: source-only model, module, two generations."""

import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.runner.checkpoint import CheckpointLoader

import mmseg_uda.engine  # noqa: F401, lets checkpoints load
from mmseg_uda.engine.launch import build_runner
from mmseg_uda.errors import UserError
from tests.conftest import run_command
from tests.test_tools.mini_runs import ITERATIONS, train_here, write_config

STAGES = """dict(
    source=None,
    module=dict(load_from=None),
    no_pseudo=dict(config='{{ fileDirname }}/no_pseudo.py'),
    generation=dict(load_from=None),
)"""


@pytest.fixture(scope='module')
def config(minicity, tmp_path_factory) -> Path:
    """As the full-size method: every network is fresh, labels come from the stage before."""
    folder = tmp_path_factory.mktemp('configs')
    write_config(folder / 'no_pseudo.py', 'source_only/source_only_mini_gta2cs.py', minicity, has_target=False)
    return write_config(folder / 'sam.py', 'sam/sam_mini_gta2cs.py', minicity, has_target=True, stages=STAGES)


@pytest.fixture(scope='module')
def trained(config, tmp_path_factory) -> Path:
    work_dir = tmp_path_factory.mktemp('runs') / 'sam'
    train_here(config, work_dir)
    return work_dir


def state(work_dir: Path, stage: str) -> dict[str, torch.Tensor]:
    path = work_dir / stage / f'iter_{ITERATIONS}.pth'
    return CheckpointLoader.load_checkpoint(str(path), map_location='cpu', logger='silent')['state_dict']


def test_the_module_is_trained_once_and_kept(trained):
    module = state(trained, '00_module')
    for generation in ('01_generation_1', '02_generation_2'):
        own = state(trained, generation)
        for leaf in ('weight', 'bias'):
            wanted = module[f'adaptations.sam_module.module.conv.{leaf}']
            assert torch.equal(own[f'adaptations.sam.module.conv.{leaf}'], wanted)
        assert not any('sam_module' in name for name in own)


def test_every_generation_learns_from_the_labels_of_the_last(trained):
    for generation, labeler in (('01_generation_1', 'no_pseudo'), ('02_generation_2', '01_generation_1')):
        manifest = json.loads((trained / generation / 'pseudo_labels' / 'iter_0' / 'manifest.json').read_text())
        assert f'{labeler}/iter_{ITERATIONS}.pth' in json.dumps(manifest)
        (scalars,) = (trained / generation).rglob('scalars.json')
        step = json.loads(scalars.read_text().splitlines()[0])
        assert {'decode.loss_ce', 'sam.loss_source', 'sam.loss_target', 'self_training.loss_ce'} <= set(step)


def test_the_first_run_has_one_loss(trained):
    (scalars,) = (trained / '00_module').rglob('scalars.json')
    step = json.loads(scalars.read_text().splitlines()[0])
    assert [name for name in step if name.endswith('loss_ce')] == ['sam_module.loss_ce']


def test_testing_needs_no_module_file(config, trained, tmp_path):
    options = ('--cfg-options', 'model.adaptations.sam.module.init_cfg.checkpoint=gone.pth')
    final = (trained / 'last_checkpoint').read_text()
    text = run_command('python', 'tools/test.py', config, final, '--work-dir', tmp_path, *options).stdout
    assert 'mIoU' in text


def test_training_without_the_module_file_is_refused(config, trained, tmp_path):
    cfg = Config.fromfile(config)
    cfg.merge_from_dict(
        {
            'work_dir': str(tmp_path),
            'launcher': 'none',
            'load_from': str(trained.parent / 'no_pseudo' / f'iter_{ITERATIONS}.pth'),
            'model.adaptations.sam.module.init_cfg.checkpoint': 'gone.pth',
        }
    )
    with pytest.raises(UserError, match=r'adaptations\.sam\.module\.init_cfg\.checkpoint: weights gone\.pth'):
        build_runner(cfg)
    cfg.model.adaptations.sam.module.init_cfg.checkpoint = cfg.load_from  # a checkpoint of another run
    with pytest.raises(UserError, match=r'adaptations\.sam\.module\.init_cfg: .* has no adaptations\.sam_module'):
        build_runner(cfg)
