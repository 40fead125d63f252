"""Configs by name, and bases of installed packages."""

import re

import pytest
from mmengine.config import Config

from mmseg_uda.engine.fragments import check_fragments
from mmseg_uda.errors import UserError
from mmseg_uda.utils.configs import find_config, load_config
from tests.conftest import ROOT, run_command

DAST = ROOT / 'configs/dast/dast_mini_gta2cs.py'


@pytest.mark.parametrize('name', ['dast/dast_mini_gta2cs.py', 'configs/dast/dast_mini_gta2cs.py'])
def test_names_mean_configs_of_the_package(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert find_config(name) == str(DAST)


def test_a_file_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'dast').mkdir()
    own = tmp_path / 'dast/dast_mini_gta2cs.py'
    own.write_text('')
    assert find_config('dast/dast_mini_gta2cs.py') == 'dast/dast_mini_gta2cs.py'
    assert find_config(own) == str(own)


@pytest.mark.parametrize(
    ('name', 'near'),
    [
        ('dast_mini_gta2cs.py', 'dast/dast_mini_gta2cs.py'),
        ('adaptseg/dast_r10_gta2cs.py', 'dast/dast_r101_gta2cs.py'),
        ('x/y.py', 'none'),
    ],
)
def test_what_is_missing_comes_with_similar_names(name, near):
    with pytest.raises(UserError, match=rf'config {name} is neither .* similar names there: {near}'):
        find_config(name)


def test_bases_of_this_package_are_what_their_files_are(tmp_path):
    text = "_base_ = ['{0}dast/dast_mini_gta2cs.py', '{0}_base_/adaptations/maxcos.py']\nmodel = _base_.maxcos\n"
    for name, place in dict(packaged='mmseg_uda::', by_path=f'{ROOT}/mmseg_uda/.mim/configs/').items():
        (tmp_path / f'{name}.py').write_text(text.format(place))
    packaged, by_path = (load_config(tmp_path / f'{name}.py') for name in ('packaged', 'by_path'))
    assert 'maxcos' in packaged.model.adaptations and 'attention' in packaged.model.adaptations
    assert packaged.to_dict() == by_path.to_dict()


def test_bases_of_mmseg_are_found_on_either_stack(tmp_path):
    path = tmp_path / 'own.py'
    path.write_text("_base_ = 'mmseg::_base_/models/deeplabv3plus_r50-d8.py'\n")
    assert load_config(path).model.decode_head.type == 'DepthwiseSeparableASPPHead'


def test_a_fragment_of_a_packaged_base_that_is_changed_too_late_is_refused(tmp_path):
    path = tmp_path / 'child.py'
    path.write_text(
        "_base_ = 'mmseg_uda::mixed/sam_plca_mini_gta2cs.py'\n"
        'plca = dict(adaptations=dict(plca=dict(loss_weight=99)))\n'
    )
    with pytest.raises(UserError, match=r'child\.py sets plca'):
        check_fragments(Config.fromfile(path))


def test_the_config_to_copy_lies_anywhere(tmp_path):
    """The line of docs/installation.md."""
    page = (ROOT / 'docs/installation.md').read_text()
    (line,) = re.findall(r'^sed .*own_data\.py.*$', page, re.MULTILINE)
    run_command('bash', '-c', line, cwd=tmp_path, env=dict(PYTHONPATH=str(ROOT)))
    copied, known = load_config(tmp_path / 'my_data.py'), load_config(ROOT / 'configs/own_data.py')
    assert copied.to_dict() == known.to_dict()
