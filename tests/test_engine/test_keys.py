"""Configs that MMEngine and MMSeg take are taken; what nothing reads is refused (more in tests/test_bad_input)."""

import pytest

from mmseg_uda.engine.checks import check_values
from mmseg_uda.errors import UserError
from mmseg_uda.utils.configs import load_config
from tests.conftest import ROOT

MINI = f'{ROOT}/configs/source_only/source_only_mini_gta2cs.py'
MMSEG = 'mmseg::fcn/fcn_r50-d8_4xb2-40k_cityscapes-512x1024.py'


def child(tmp_path, base: str, text: str = '') -> str:
    path = tmp_path / 'child.py'
    path.write_text(f"_base_ = '{base}'\n{text}")
    return str(path)


@pytest.mark.parametrize('suffix', ['py', 'json'])
@pytest.mark.parametrize('base', [MINI, MMSEG])
def test_a_resolved_config_is_taken(tmp_path, base, suffix):
    """Its pipelines have values in place of names, so that nothing reads those."""
    path = str(tmp_path / f'resolved.{suffix}')
    load_config(child(tmp_path, base)).dump(path)
    check_values(load_config(path))


def test_names_of_another_packages_bases_are_read_there(tmp_path):
    check_values(load_config(child(tmp_path, MMSEG)))


def test_a_misspelt_key_beside_another_packages_base(tmp_path):
    with pytest.raises(UserError, match=r'trian_cfg of .* is read by nothing; did you mean train_cfg\?'):
        check_values(load_config(child(tmp_path, MMSEG, 'trian_cfg = dict(max_iters=5)')))


@pytest.mark.parametrize(
    ('key', 'value'),
    [
        ('model.decode_head.loss_decode.class_weight', 'weights.npy'),
        ('model.backbone.norm_cfg', dict(type='OfAnotherPackage', _scope_='mmpretrain')),
        (
            'param_scheduler',
            dict(segmentor=[dict(type='PolyLR', by_epoch=True, convert_to_iter_based=True, begin=0, end=2)]),
        ),
    ],
)
def test_what_mmengine_and_mmseg_take(key, value):
    cfg = load_config(MINI)
    cfg.merge_from_dict({key: value})
    check_values(cfg)
