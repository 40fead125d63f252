"""ACDC's layout as the target of a mini run, by the real commands."""

from pathlib import Path

import pytest

from mmseg_uda.datasets.conversion import convert
from tests.conftest import ROOT, run_command
from tests.test_datasets.folders import make_acdc, make_gta

CONFIG = """
_base_ = ['{configs}/adaptseg/adaptseg_mini_gta2cs.py', '{configs}/_base_/datasets/acdc.py']
small = dict(type='Resize', scale=(96, 54), keep_ratio=False)
target = _base_.acdc_target['pipeline']
labeled = _base_.acdc_labeled['pipeline']
test_pipeline = [labeled[0], small, *labeled[2:]]
train_dataloader = dict(
    batch_size=1,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(
        source=dict(data_root='{data}/gta'),
        target=dict(_base_.acdc_target, data_root='{data}/acdc', pipeline=[target[0], small, *target[2:]])))
val_dataloader = dict(
    batch_size=1,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(_base_.acdc_labeled, data_root='{data}/acdc', pipeline=test_pipeline))
test_dataloader = val_dataloader
stages = None
train_cfg = dict(max_iters=2, val_interval=2)
default_hooks = dict(logger=dict(interval=1), checkpoint=dict(interval=2))
"""


@pytest.fixture
def config(tmp_path) -> Path:
    convert('gta', make_gta(tmp_path / 'gta'), workers=1)
    make_acdc(tmp_path / 'acdc')
    path = tmp_path / 'gta2acdc.py'
    path.write_text(CONFIG.format(configs=ROOT / 'configs', data=tmp_path))
    return path


def test_trains_validates_and_tests_one_condition(config, tmp_path):
    trained = run_command('python', 'tools/train.py', config, '--work-dir', tmp_path / 'run').stdout
    assert trained.count('Iter(train)') == 2 and 'adversary.loss_adv' in trained and 'mIoU' in trained
    assert 'Iter(val) [2/2]' in trained
    final = Path((tmp_path / 'run/last_checkpoint').read_text())
    options = ('--work-dir', tmp_path / 'test', '--cfg-options', "test_dataloader.dataset.only='night/val/*'")
    tested = run_command('python', 'tools/test.py', config, final, *options).stdout
    assert 'Iter(test) [1/1]' in tested and 'mIoU' in tested
