"""The tool on a trained BatchNorm net."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.runner.checkpoint import CheckpointLoader
from mmseg.registry import MODELS

from tests.conftest import run_command

from .mini_runs import ITERATIONS, train_here, write_config

TOOL = 'tools/analysis_tools/recompute_norm_statistics.py'
SOURCE_ONLY = 'source_only/source_only_mini_gta2cs.py'


@pytest.fixture(scope='module')
def configs(minicity, tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp('configs')
    return dict(
        batch=write_config(folder / 'batch.py', SOURCE_ONLY, minicity, has_target=False, batch_norm=True),
        group=write_config(folder / 'group.py', SOURCE_ONLY, minicity, has_target=False),
        target=write_config(
            folder / 'target.py', 'source_only/control_mini_gta2cs.py', minicity, has_target=True, batch_norm=True
        ),
        trained=folder / f'iter_{ITERATIONS}.pth',
    )


@pytest.fixture(scope='module')
def checkpoint(configs) -> Path:
    train_here(configs['batch'], configs['trained'].parent)
    return configs['trained']


def test_only_statistics_change(configs, checkpoint, tmp_path):
    out = tmp_path / 'new' / 'recomputed.pth'
    text = run_command('python', TOOL, configs['batch'], checkpoint, out, '--target-config', configs['target']).stdout
    assert f'from {4 * (6 // 4)} target images' in text and 'UserWarning' not in text
    before, after = (
        CheckpointLoader.load_checkpoint(str(path), 'cpu', logger='silent')['state_dict'] for path in (checkpoint, out)
    )
    assert before.keys() == after.keys()
    for name, value in before.items():
        is_statistic = name.endswith(('running_mean', 'running_var', 'num_batches_tracked'))
        assert torch.equal(value, after[name]) != is_statistic, name
    assert [path.name for path in out.parent.iterdir()] == ['recomputed.pth']


def test_refusals_name_the_fix(configs, checkpoint, tmp_path):
    out = tmp_path / 'recomputed.pth'
    no_target = run_command('python', TOOL, configs['batch'], checkpoint, out, check=False)
    assert no_target.returncode == 1 and '--target-config' in no_target.stdout
    target = ('--target-config', configs['target'])
    unfit = run_command('python', TOOL, configs['group'], checkpoint, out, *target, check=False)
    assert unfit.returncode == 1 and f'{checkpoint} does not fit' in unfit.stdout
    group = tmp_path / 'group.pth'
    torch.save(dict(state_dict=MODELS.build(Config.fromfile(configs['group']).model).state_dict()), group)
    no_norm = run_command('python', TOOL, configs['group'], group, out, *target, check=False)
    assert no_norm.returncode == 1 and 'no BatchNorm layer' in no_norm.stdout
    assert 'Traceback' not in no_target.stdout + unfit.stdout + no_norm.stdout and not out.exists()
