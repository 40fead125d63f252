"""The command, on DAST's attention and on a network that takes one size alone."""

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmseg.apis import inference_model, init_model

from tests.conftest import ROOT, run_command

from .own_data import save_checkpoint

TOOL = 'tools/model_converters/export_to_onnx.py'
DAST = ROOT / 'configs/dast/dast_mini_gta2cs.py'
DOCS = ROOT / 'docs/export.md'
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


def test_the_example_of_the_docs_predicts_as_the_model(checkpoint, tmp_path):
    """DAST's attention included. The example knows neither this package nor torch."""
    onnxruntime = pytest.importorskip('onnxruntime')
    pytest.importorskip('onnxscript')
    out = tmp_path / 'new' / 'model.onnx'
    text = run_command('python', TOOL, DAST, checkpoint, out, '--size', '64', '128').stdout
    assert 'any number of images of any size' in text and text.count('largest difference') == 3
    assert [path.name for path in out.parent.iterdir()] == ['model.onnx']
    metadata = onnxruntime.InferenceSession(out).get_modelmeta().custom_metadata_map
    assert json.loads(metadata['classes']) == CLASSES

    image = np.random.default_rng(0).integers(0, 256, (128, 256, 3), np.uint8)
    cv2.imwrite(str(out.parent / 'image.png'), image)
    example = next(code for code in re.findall(r'```python\n(.*?)```', DOCS.read_text(), re.S) if 'onnxruntime' in code)
    (out.parent / 'example.py').write_text(f"{example}import numpy\nnumpy.save('labels.npy', labels)\n")
    run_command('python', 'example.py', cwd=out.parent)
    expected = inference_model(init_model(str(DAST), str(checkpoint), device='cpu'), image)
    assert (np.load(out.parent / 'labels.npy') == expected.pred_sem_seg.data[0].numpy()).mean() > 0.999


@pytest.mark.slow
def test_a_network_of_one_size_gets_a_graph_of_one_size(tmp_path):
    """PSPNet's average pooling has a grid of a fixed number of cells."""
    pytest.importorskip('onnxruntime')
    (tmp_path / 'psp.py').write_text(ONE_SIZE)
    checkpoint = save_checkpoint(tmp_path / 'psp.py', tmp_path / 'psp.pth', CLASSES)
    text = run_command('python', TOOL, tmp_path / 'psp.py', checkpoint, tmp_path / 'psp.onnx', '--size', '64', '128')
    assert 'any number of images of 64x128\n' in text.stdout and text.stdout.count('largest difference') == 2


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


def test_missing_packages_are_named(checkpoint, tmp_path):
    without = f"import runpy, sys; sys.modules['onnxruntime'] = None; runpy.run_path('{TOOL}', run_name='__main__')"
    done = run_command('python', '-c', without, DAST, checkpoint, tmp_path / 'x.onnx', check=False)
    assert done.returncode == 1 and 'Traceback' not in done.stdout
    assert 'onnxruntime cannot be imported: pip install onnx onnxscript onnxruntime' in done.stdout
