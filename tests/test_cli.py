"""``mmseg-uda``: what it lists, and that it runs the tools."""

import sys

from mmseg_uda.cli import FOLDERS, commands
from tests.conftest import ROOT, run_command


def mmseg_uda(*words, **kwargs):
    return run_command(
        sys.executable, '-X', 'importtime', '-m', 'mmseg_uda', *words, env=dict(PYTHONPATH=str(ROOT)), **kwargs
    )


def test_every_tool_is_a_command():
    named = commands()
    assert [*named][:5] == ['train', 'test', 'predict', 'label', 'export']
    assert {'minicity', 'gta', 'synthia', 'cityscapes'} < set(named)
    assert 'converter_cli' not in named, 'the converters import it'
    assert named['label'] == ROOT / 'tools/generate_pseudo_labels.py'
    tools = [path for folder in FOLDERS for path in (ROOT / 'tools' / folder).glob('*.py')]
    started = [path for path in tools if "__name__ == '__main__'" in path.read_text()]
    assert sorted(named.values()) == sorted(started), 'two tools have one name'


def test_commands_are_listed_at_once(tmp_path):
    said = mmseg_uda(cwd=tmp_path).stdout
    for name in commands():
        assert f'\n  {name} ' in said
    assert 'Train a segmentor' in said
    assert not {'argparse', 'torch', 'mmengine'} & {line.split('|')[-1].strip() for line in said.splitlines()}


def test_help_names_the_command(tmp_path):
    said = mmseg_uda('label', '--help', cwd=tmp_path).stdout
    assert 'usage: mmseg-uda label [-h]' in said
    assert not {'torch', 'mmengine'} & {line.split('|')[-1].strip() for line in said.splitlines()}


def test_a_tool_runs_in_any_folder(tmp_path):
    """With its helper modules and its worker processes."""
    counts = ('--num-source', '2', '--num-train', '1', '--num-val', '1', '--num-test', '1')
    mmseg_uda('minicity', '--out', 'data', '--size', '32x64', '--workers', '2', *counts, cwd=tmp_path)
    mmseg_uda('gta', 'data/gta', '--workers', '2', cwd=tmp_path)
    assert len(list(tmp_path.glob('data/gta/labels/*_labelTrainIds.png'))) == 2


def test_an_unknown_command_is_refused_with_what_there_is(tmp_path):
    done = mmseg_uda('trian', cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert "Error: mmseg-uda has no command 'trian'; there is train" in done.stdout


def test_an_unknown_config_is_refused_with_similar_names(tmp_path):
    done = mmseg_uda('train', 'dast/dast_minni_gta2cs.py', cwd=tmp_path, check=False)
    assert done.returncode == 1 and 'Traceback' not in done.stdout
    assert 'Error: config dast/dast_minni_gta2cs.py is neither a file nor one of' in done.stdout
    assert 'similar names there: dast/dast_mini_gta2cs.py' in done.stdout
    assert not list(tmp_path.iterdir())
