"""A fragment's own key, changed after the fragment was used, is refused."""

import pytest
from mmengine.config import Config

from mmseg_uda.engine.fragments import check_fragments
from mmseg_uda.errors import UserError
from tests.conftest import ROOT, run_command

MIXED = f'{ROOT}/configs/mixed/sam_plca_mini_gta2cs.py'
FRAGMENT = f'{ROOT}/configs/_base_/adaptations/plca.py'


def child(tmp_path, text: str) -> Config:
    path = tmp_path / 'child.py'
    path.write_text(text)
    return Config.fromfile(path)


@pytest.mark.parametrize(
    'text',
    [
        f"_base_ = '{MIXED}'\nplca = dict(adaptations=dict(plca=dict(loss_weight=99)))",
        f"_base_ = ['{ROOT}/configs/source_only/control_mini_gta2cs.py', '{ROOT}/configs/_base_/adaptations/plca.py']\n"
        'model = _base_.plca\nplca = dict(adaptations=dict(plca=dict(loss_weight=99)))',
    ],
)
def test_a_key_set_after_its_use_is_refused(tmp_path, text):
    with pytest.raises(
        UserError, match=r'child\.py sets plca, .*set model\.adaptations\.plca, model\.adaptations\.lovasz'
    ):
        check_fragments(child(tmp_path, text))


@pytest.mark.parametrize(
    'text',
    [
        f"_base_ = '{MIXED}'\nmodel = dict(adaptations=dict(plca=dict(loss_weight=99)))",
        f"_base_ = '{FRAGMENT}'\nplca = dict(adaptations=dict(plca=dict(loss_weight=99)))",
        'model = dict(adaptations=dict())\nplca = dict(adaptations=dict())',
    ],
)
def test_what_takes_effect_is_accepted(tmp_path, text):
    check_fragments(child(tmp_path, text))


def test_a_fragment_changed_before_its_use_is_accepted(tmp_path):
    (tmp_path / 'mine.py').write_text(
        f"_base_ = '{ROOT}/configs/_base_/adaptations/plca.py'\nplca = dict(adaptations=dict(plca=dict(loss_weight=9)))"
    )
    cfg = child(
        tmp_path, f"_base_ = ['{ROOT}/configs/source_only/control_mini_gta2cs.py', './mine.py']\nmodel = _base_.plca"
    )
    check_fragments(cfg)
    assert cfg.model.adaptations.plca.loss_weight == 9


def test_options_are_refused_alike():
    cfg = Config.fromfile(MIXED)
    check_fragments(cfg, ['model.adaptations.plca.loss_weight'])
    with pytest.raises(UserError, match=r'--cfg-options plca\.adaptations\.plca\.loss_weight sets plca'):
        check_fragments(cfg, ['plca.adaptations.plca.loss_weight'])


@pytest.mark.parametrize(
    ('option', 'taker'),
    [
        ('poly.power', 'param_scheduler'),
        ('synthia_source.data_root', 'train_dataloader'),
        ('vis_backends', 'visualizer'),
    ],
)
def test_options_of_helpers_are_refused_alike(option, taker):
    cfg = Config.fromfile(f'{ROOT}/configs/dast/dast_r101_syn2cs.py')
    with pytest.raises(UserError, match=rf'{option} sets \w+, whose values .*{taker}.* has taken already'):
        check_fragments(cfg, [option])


def test_a_name_that_no_file_reads_may_be_a_hooks(tmp_path):
    check_fragments(child(tmp_path, 'mine = dict(a=1)'), ['mine.a'])


def test_the_tool_says_so():
    done = run_command(
        *('python', 'tools/train.py', MIXED, '--cfg-options', 'plca.adaptations.plca.loss_weight=2'), check=False
    )
    assert done.returncode != 0 and 'Traceback' not in done.stdout
    assert 'Error: --cfg-options plca.adaptations.plca.loss_weight sets plca' in done.stdout
