"""The teacher of docs/adaptations.md, as its page has it: trains, resumes bit-identical, runs on two ranks."""

from pathlib import Path

import pytest
import torch

from tests.conftest import ROOT, run_command
from tests.test_docs.test_docs import blocks

from .test_dast_mini import DATA, assert_equal, final, load

ITERATIONS = 4
CHANGES = """
custom_imports = dict(imports=[
    'mmseg_uda.models', 'mmseg_uda.datasets', 'mmseg_uda.engine', 'mmseg_uda.evaluation', 'mean_teacher',
    'tests.test_end_to_end.probe'])
custom_hooks = [dict(type='RecordWeights'), dict(type='StopAt')]
load_from = None
stages = None
randomness = dict(seed=7)
norm = dict(_delete_=True, type='BN')  # whose statistics the teacher follows
model = dict(backbone=dict(norm_cfg=norm), decode_head=dict(norm_cfg=norm, dropout_ratio=0.1),
    adaptations=dict(mean_teacher=dict(sure=0.0)))
train_cfg = dict(max_iters={iterations}, val_interval={iterations})
default_hooks = dict(checkpoint=dict(interval=2), logger=dict(interval=1))
"""


@pytest.fixture(scope='module')
def config(minicity, tmp_path_factory) -> Path:
    """The page's module and config, and a child of that on few images."""
    folder = tmp_path_factory.mktemp('teacher')
    code, config = blocks(ROOT / 'docs/adaptations.md', 'A teacher')
    (folder / 'mean_teacher.py').write_text(code)
    (folder / 'page.py').write_text(config)
    (folder / 'configs').symlink_to(ROOT / 'configs')
    path = folder / 'few.py'
    path.write_text("_base_ = './page.py'\n" + (CHANGES + DATA).format(data=minicity, iterations=ITERATIONS))
    return path


def environment(config: Path, **more: str) -> dict[str, str]:
    return dict(PYTHONPATH=f'{ROOT}:{config.parent}', **more)


def train(config: Path, work_dir: Path, **more: str):
    env = environment(config, **more)
    return run_command('python', 'tools/train.py', config, '--work-dir', work_dir, env=env, check=not more)


@pytest.fixture(scope='module')
def trained(config, tmp_path_factory) -> Path:
    work_dir = tmp_path_factory.mktemp('uninterrupted')
    (work_dir / 'console.txt').write_text(train(config, work_dir).stdout)
    return work_dir


def test_the_teacher_follows(trained):
    weights = load(final(trained))['state_dict']
    teacher = 'adaptations.mean_teacher.teacher'
    assert weights[f'{teacher}.steps'] == ITERATIONS
    start = load(trained / 'iter_2.pth')['state_dict']
    followed = {k.removeprefix(f'{teacher}.module.0.'): v for k, v in weights.items() if f'{teacher}.module.0.' in k}
    assert followed
    for key, value in followed.items():
        assert not torch.equal(value, weights[f'backbone.{key}']), key  # one update behind, and slow
        assert not torch.equal(value, start[f'{teacher}.module.0.{key}']), key
    assert 'mean_teacher.loss_ce' in (trained / 'console.txt').read_text()


def test_a_killed_run_ends_bit_identical(config, trained, tmp_path):
    killed = train(config, tmp_path, STOP_AT=f'{tmp_path.name}:3')
    assert killed.returncode == 9, killed.stdout[-3000:]
    resumed = run_command(
        'python', 'tools/train.py', config, '--work-dir', tmp_path, '--resume', env=environment(config)
    )
    assert f'Resumed from {tmp_path}/iter_2.pth' in resumed.stdout
    for key in ('state_dict', 'optimizer', 'param_schedulers'):
        assert_equal(load(final(trained))[key], load(final(tmp_path))[key], key)


@pytest.mark.dist
def test_two_ranks_end_with_the_same_weights(config, tmp_path):
    run_command('bash', 'tools/dist_train.sh', config, '2', '--work-dir', tmp_path, env=environment(config))
    ranks = [load(tmp_path / f'rank{rank}.pth') for rank in range(2)]
    learned = {key: value for key, value in ranks[0].items() if 'running' not in key}
    assert_equal(learned, {key: ranks[1][key] for key in learned})
