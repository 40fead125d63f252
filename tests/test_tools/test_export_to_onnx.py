"""The command, on DAST's attention and on a network that takes one size alone."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from mmseg.apis import inference_model, init_model

from tests.conftest import ROOT, run_command

from .own_data import save_checkpoint

TOOL = 'tools/model_converters/export_to_onnx.py'
DAST = ROOT / 'configs/dast/dast_mini_gta2cs.py'
CLASSES = [f'class {i}' for i in range(19)]
ONE_SIZE = f"""
_base_ = '{ROOT}/configs/source_only/source_only_mini_gta2cs.py'
model = dict(decode_head=dict(
    _delete_=True, type='PSPHead', in_channels=128, in_index=3, channels=16, pool_scales=(1, 3), num_classes=19,
    norm_cfg=dict(type='GN', num_groups=8), align_corners=False))
"""


@pytest.fixture
def checkpoint(tmp_path) -> Path:
    return save_checkpoint(DAST, tmp_path / 'dast.pth', CLASSES)


def test_a_graph_takes_images_as_opencv_reads_them(checkpoint, tmp_path):
    """Without this package: ONNX Runtime and NumPy, as docs/export.md shows."""
    onnxruntime = pytest.importorskip('onnxruntime')
    pytest.importorskip('onnxscript')
    out = tmp_path / 'new' / 'dast.onnx'
    text = run_command('python', TOOL, DAST, checkpoint, out, '--size', '64', '128').stdout
    assert 'images of any size' in text and text.count('largest difference') == 3
    assert [path.name for path in out.parent.iterdir()] == ['dast.onnx']
    image = np.random.default_rng(0).integers(0, 256, (128, 256, 3), np.uint8)
    session = onnxruntime.InferenceSession(out)
    (logits,) = session.run(None, dict(image=image.transpose(2, 0, 1)[None]))
    expected = inference_model(init_model(str(DAST), str(checkpoint), device='cpu'), image)
    assert (logits[0].argmax(0) == expected.pred_sem_seg.data[0].numpy()).mean() > 0.999
    assert json.loads(session.get_modelmeta().custom_metadata_map['classes']) == CLASSES


@pytest.mark.slow
def test_a_network_of_one_size_gets_a_graph_of_one_size(tmp_path):
    """PSPNet's average pooling has a grid of a fixed number of cells."""
    pytest.importorskip('onnxruntime')
    (tmp_path / 'psp.py').write_text(ONE_SIZE)
    checkpoint = save_checkpoint(tmp_path / 'psp.py', tmp_path / 'psp.pth', CLASSES)
    text = run_command('python', TOOL, tmp_path / 'psp.py', checkpoint, tmp_path / 'psp.onnx', '--size', '64', '128')
    assert 'images of 64x128 alone' in text.stdout and text.stdout.count('largest difference') == 2


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--cfg-options', 'model.decode_head.channels=32'], "does not fit the config's model"),
        (['--cfg-options', 'model.test_cfg.mode=slide'], 'model.test_cfg.mode=whole'),
    ],
)
def test_what_cannot_be_exported_is_one_line(checkpoint, tmp_path, options, message):
    pytest.importorskip('onnxruntime')
    done = run_command('python', TOOL, DAST, checkpoint, tmp_path / 'out' / 'x.onnx', *options, check=False)
    assert done.returncode == 1 and 'Traceback' not in done.stdout
    assert message in done.stdout.strip().splitlines()[-1]
    assert not (tmp_path / 'out').exists()


@pytest.mark.skipif(find_spec('onnxruntime') is not None, reason='ONNX Runtime is installed')
def test_missing_packages_are_named(checkpoint, tmp_path):
    done = run_command('python', TOOL, DAST, checkpoint, tmp_path / 'x.onnx', check=False)
    assert done.returncode == 1 and 'pip install onnx onnxscript onnxruntime' in done.stdout
