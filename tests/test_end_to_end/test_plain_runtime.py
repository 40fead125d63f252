"""A config with MMSeg's optimiser wrapper and its hooks instead of ours."""

from pathlib import Path

import pytest
from mmengine.runner.checkpoint import CheckpointLoader

import mmseg_uda.engine  # noqa: F401, lets checkpoints load
from tests.conftest import ROOT, run_command
from tests.test_tools.mini_runs import write_config

PLAIN = """
custom_imports = dict(imports=[*_base_.custom_imports.imports, 'tests.test_end_to_end.probe'])
custom_hooks = [dict(type='StopAt')]
optim_wrapper = dict(_delete_=True, type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01, momentum=0.9))
param_scheduler = [dict(type='PolyLR', power=0.9, begin=0, end=100, by_epoch=False)]
train_cfg = dict(max_iters=4, val_interval=4)
default_hooks = dict(_delete_=True, checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=2))
log_processor = dict(_delete_=True, by_epoch=False)
"""


def own_config(folder: Path, minicity: Path, adaptations: str) -> Path:
    (folder / 'base').mkdir()
    write_config(folder / 'base' / 'dast.py', 'dast/dast_mini_gta2cs.py', minicity, has_target=True)
    path = folder / 'own.py'
    path.write_text(f"_base_ = './base/dast.py'\n{PLAIN}\nmodel = dict({adaptations})\n")
    return path


def test_discriminators_are_not_trained_by_the_segmentors_optimiser(minicity, tmp_path):
    config = own_config(tmp_path, minicity, '')
    words = ('python', 'tools/train.py', config, '--work-dir', tmp_path / 'w')
    done = run_command(*words, env=dict(PYTHONPATH=str(ROOT)), check=False)
    assert done.returncode == 1 and 'Traceback' not in done.stdout
    assert 'Error: model.adaptations.attention.discriminator: optim_wrapper would train this' in done.stdout
    assert not list(tmp_path.glob('w/*.pth'))


@pytest.mark.slow
def test_without_discriminators_it_resumes_exactly(minicity, tmp_path):
    """With dropout, whose random numbers MMEngine does not restore: our hooks are added."""
    adaptations = dict(_delete_=True, entropy=dict(type='EntropyMinimization', loss_weight=0.1))
    config = own_config(tmp_path, minicity, f'adaptations={adaptations}, decode_head=dict(dropout_ratio=0.5)')
    env = dict(PYTHONPATH=str(ROOT))
    weights = []
    for name, starts in (('whole', ['never:0']), ('killed', ['killed:3', 'never:0'])):
        for stop_at in starts:
            words = ('python', 'tools/train.py', config, '--work-dir', tmp_path / name, '--resume')
            run_command(*words, env=dict(env, STOP_AT=stop_at), check=stop_at == 'never:0')
        path = tmp_path / name / 'iter_4.pth'
        weights.append(CheckpointLoader.load_checkpoint(str(path), map_location='cpu', logger='silent')['state_dict'])
    assert all(bool((weights[0][key] == weights[1][key]).all()) for key in weights[0])
