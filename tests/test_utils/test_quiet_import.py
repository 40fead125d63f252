"""MMSeg's import prints nothing, whichever way it is reached."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS

from mmseg_uda.utils.quiet_import import KNOWN_LINES
from tests.conftest import ROOT, run_command
from tests.test_tools.mini_runs import write_config

MMSEG_TOOL = Path(find_spec('mmseg').origin).parent / '.mim' / 'tools' / 'test.py'


def assert_quiet(*words: str | Path) -> str:
    text = run_command(*words, env=dict(PYTHONPATH=str(ROOT))).stdout
    for line in KNOWN_LINES:
        assert line not in text, text[:3000]
    return text


@pytest.mark.parametrize(
    'package', ['datasets', 'datasets.transforms', 'engine', 'evaluation', 'models', 'pseudo_labels', 'visualization']
)
def test_imports_print_nothing(package):
    code = f'import mmseg_uda.{package}'
    assert not assert_quiet(sys.executable, '-W', 'ignore', '-c', code)


def test_a_spawned_data_worker_prints_nothing(tmp_path):
    script = tmp_path / 'spawn.py'
    script.write_text(
        'from torch.utils.data import DataLoader\n'
        'from mmseg_uda.datasets import CLASS_SUBSETS, FourierStyleTransfer\n'
        "if __name__ == '__main__':\n"
        '    loader = DataLoader([FourierStyleTransfer], collate_fn=list, num_workers=1, '
        "multiprocessing_context='spawn')\n"
        '    print(*loader)\n'
    )
    assert 'FourierStyleTransfer' in assert_quiet(sys.executable, '-W', 'ignore', script)


@pytest.fixture(scope='module')
def config(minicity, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('quiet')
    path = write_config(folder / 'da.py', 'dast/dast_mini_gta2cs.py', minicity, has_target=True)
    init_default_scope('mmseg')
    model = MODELS.build(Config.fromfile(path).model)
    torch.save(dict(state_dict=model.state_dict(), meta=dict()), path.with_suffix('.pth'))
    return path


@pytest.mark.dist
def test_training_on_two_processes_with_workers_is_quiet(config, tmp_path):
    options = ('train_dataloader.num_workers=1', 'val_dataloader.num_workers=1')
    assert 'Iter(train)' in assert_quiet(
        'bash', 'tools/dist_train.sh', config, '2', '--work-dir', tmp_path, '--cfg-options', *options
    )


@pytest.mark.parametrize('tool', ['tools/train.py', 'tools/test.py', 'tools/predict.py', MMSEG_TOOL], ids=str)
def test_tools_are_quiet(config, minicity, tmp_path, tool):
    words = {
        'tools/train.py': [config, '--work-dir', tmp_path],
        'tools/predict.py': [config, config.with_suffix('.pth'), minicity / 'gta' / 'images', '--out', tmp_path],
    }.get(tool, [config, config.with_suffix('.pth'), '--work-dir', tmp_path])
    assert assert_quiet('python', tool, *words)
