"""Exported models: plain MMSeg, which cannot import this package, tests the mini one; others name what they need."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmseg.apis import init_model
from PIL import Image

import mmseg_uda.engine  # noqa: F401, lets checkpoints load
from tests.conftest import ROOT, run_command

from .mini_runs import ITERATIONS, train_here, write_config

TOOL = 'tools/model_converters/export_to_mmseg.py'
MMSEG_TOOL = Path(find_spec('mmseg').origin).parent / '.mim' / 'tools' / 'test.py'
WITHOUT_THIS_PACKAGE = """
import runpy, sys
sys.modules['mmseg_uda'] = None  # any import of it fails
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
"""


@pytest.fixture(scope='module')
def config(minicity, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp('export') / 'trained.py'
    return write_config(path, 'adaptseg/adaptseg_mini_gta2cs.py', minicity, has_target=True)


@pytest.fixture(scope='module')
def checkpoint(config) -> Path:
    """Trained with an adversary, whose discriminator must not be exported."""
    train_here(config, config.parent / 'work_dir')
    return config.parent / 'work_dir' / f'iter_{ITERATIONS}.pth'


@pytest.fixture(scope='module')
def exported(config, checkpoint) -> Path:
    out = config.parent / 'plain'
    text = run_command('python', TOOL, config, checkpoint, out).stdout
    assert "MMSeg's own classes alone" in text
    assert {path.name for path in out.iterdir()} == {'trained.py', 'trained.pth'}
    return out


def run_without_this_package(*words):
    return run_command(sys.executable, '-c', WITHOUT_THIS_PACKAGE, *words, check=False)


def predictions(folder: Path) -> dict[str, np.ndarray]:
    return {path.name: np.asarray(Image.open(path)) for path in sorted(folder.rglob('*.png'))}


def scores(work_dir: Path) -> dict:
    (path,) = work_dir.rglob('*.json')
    return json.loads(path.read_text())


def test_plain_mmseg_predicts_and_scores_the_same(config, checkpoint, exported, tmp_path):
    done = run_without_this_package(
        MMSEG_TOOL,
        exported / 'trained.py',
        exported / 'trained.pth',
        '--out',
        tmp_path / 'plain',
        '--work-dir',
        tmp_path / 'plain_scores',
    )
    assert done.returncode == 0, done.stdout[-4000:]
    run_command(
        'python', 'tools/test.py', config, checkpoint, '--out', tmp_path / 'ours', '--work-dir', tmp_path / 'our_scores'
    )
    plain, ours = predictions(tmp_path / 'plain'), predictions(tmp_path / 'ours')
    assert len(plain) == 3 and plain.keys() == ours.keys()
    for name in plain:
        np.testing.assert_array_equal(plain[name], ours[name])
    plain, ours = scores(tmp_path / 'plain_scores'), scores(tmp_path / 'our_scores')
    assert plain['aAcc'] == pytest.approx(ours['aAcc'], abs=0.006)  # MMSeg rounds to two digits


def test_our_test_tool_takes_the_exported_model_too(config, checkpoint, exported):
    """As any MMSeg model; the trained config takes the exported weights as well."""
    text = run_command('python', 'tools/test.py', config, exported / 'trained.pth', '--work-dir', exported.parent / 'w')
    assert 'mIoU' in text.stdout


def test_the_blocked_process_would_notice_this_package(config, checkpoint):
    """Guards the test above: with the trained config the same process fails."""
    done = run_without_this_package(MMSEG_TOOL, config, checkpoint)
    assert done.returncode != 0 and 'mmseg_uda' in done.stdout


def test_logits_are_bit_equal(config, checkpoint, exported):
    plain = init_model(Config.fromfile(exported / 'trained.py'), str(exported / 'trained.pth'), device='cpu')
    ours = init_model(Config.fromfile(config), str(checkpoint), device='cpu')
    assert type(plain).__name__ == 'EncoderDecoder'
    assert plain.dataset_meta['classes'] == list(ours.dataset_meta['classes'])
    images = torch.randint(0, 256, (2, 3, 64, 128), dtype=torch.uint8)
    with torch.no_grad():
        results = [model.test_step(dict(inputs=list(images))) for model in (plain, ours)]
    for a, b in zip(*results, strict=True):
        assert torch.equal(a.seg_logits.data, b.seg_logits.data)


def test_the_checkpoint_holds_plain_data_and_no_adaptations(exported):
    saved = torch.load(exported / 'trained.pth', weights_only=True)
    assert not any(name.startswith('adaptations.') for name in saved['state_dict'])
    assert len(saved['meta']['dataset_meta']['classes']) == 19


def test_adaptations_that_refine_predictions_are_refused(tmp_path, checkpoint):
    done = run_command(
        'python', TOOL, ROOT / 'configs/dast/dast_mini_gta2cs.py', checkpoint, tmp_path / 'out', check=False
    )
    assert done.returncode != 0 and 'Traceback' not in done.stdout
    assert 'predictions depend on model.adaptations.attention (DiscriminatorAttention)' in done.stdout
    assert not (tmp_path / 'out').exists()


def test_a_damaged_checkpoint_is_refused(config, checkpoint, tmp_path):
    (tmp_path / 'damaged.pth').write_bytes(checkpoint.read_bytes()[:2000])
    done = run_command('python', TOOL, config, tmp_path / 'damaged.pth', tmp_path / 'out', check=False)
    assert done.returncode != 0 and 'damaged.pth cannot be read' in done.stdout
    assert not (tmp_path / 'out').exists()
