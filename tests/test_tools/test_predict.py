"""The tool as a process of its own, on a real config and a checkpoint with random weights."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.apis import inference_model, init_model
from mmseg.datasets import CityscapesDataset

from mmseg_uda.evaluation.servers import SERVERS

REPO = Path(__file__).resolve().parents[2]
TOOL = REPO / 'tools' / 'predict.py'
# Stages, and a refinement that needs its discriminator at test: nothing of it is plain MMSeg.
CONFIG = REPO / 'configs' / 'dast' / 'dast_mini_gta2cs.py'
SIZES = {'a.png': (40, 64), 'town/b.jpg': (30, 50), 'town/c.png': (64, 128)}


def run(*arguments):
    env = {**os.environ, 'OMP_NUM_THREADS': '1', 'CUDA_VISIBLE_DEVICES': ''}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob('*') if path.is_file())


@pytest.fixture(scope='module')
def images(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp('images')
    rng = np.random.default_rng(0)
    for name, (height, width) in SIZES.items():
        (root / name).parent.mkdir(exist_ok=True)
        coarse = rng.integers(0, 256, (4, 8, 3), dtype=np.uint8)
        cv2.imwrite(str(root / name), cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))
    return root


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory) -> Path:
    init_default_scope('mmseg')
    torch.manual_seed(0)
    model = init_model(str(CONFIG), device='cpu')
    with torch.no_grad():  # fresh weights predict nearly one class everywhere
        model.decode_head.conv_seg.weight.mul_(30)
    path = tmp_path_factory.mktemp('checkpoint') / 'tiny.pth'
    torch.save(dict(state_dict=model.state_dict(), meta=dict(dataset_meta=CityscapesDataset.METAINFO)), path)
    return path


@pytest.fixture(scope='module')
def expected(images, checkpoint) -> dict[str, np.ndarray]:
    """What MMSeg's own functions make of config and checkpoint as they are."""
    init_default_scope('mmseg')
    model = init_model(str(CONFIG), str(checkpoint), device='cpu')
    results = {name: inference_model(model, str(images / name)) for name in SIZES}
    return {name: result.pred_sem_seg.data[0].numpy() for name, result in results.items()}


def test_help_is_quick():
    result = run('-X', 'importtime', TOOL, '--help')
    assert result.returncode == 0 and f'--server {{{",".join(SERVERS)}}}' in result.stdout
    assert 'torch' not in result.stderr and 'numpy' not in result.stderr


def test_folder(images, checkpoint, expected, tmp_path):
    out = tmp_path / 'out'
    result = run(TOOL, CONFIG, checkpoint, images, '--out', out, '--batch-size', 2)
    assert result.returncode == 0, result.stderr
    names = ['a.png', 'town/b.png', 'town/c.png']
    assert files(out) == sorted(['legend.png', *(f'{kind}/{name}' for kind in ('color', 'ids') for name in names)])
    assert len(np.unique(np.concatenate([label.ravel() for label in expected.values()]))) > 3
    palette = np.array(CityscapesDataset.METAINFO['palette'], np.uint8)
    legend = cv2.imread(str(out / 'legend.png'))[..., ::-1].reshape(-1, 3)
    assert {tuple(colour) for colour in palette} <= {tuple(colour) for colour in legend}
    for name, label in expected.items():
        stem = name.rsplit('.', 1)[0] + '.png'
        assert label.shape == SIZES[name]
        ids = cv2.imread(str(out / 'ids' / stem), cv2.IMREAD_UNCHANGED)
        assert ids.dtype == np.uint8 and np.array_equal(ids, label)
        assert np.array_equal(cv2.imread(str(out / 'color' / stem))[..., ::-1], palette[label])


def test_zip_for_a_server(images, checkpoint, expected, tmp_path):
    """That of Dark Zurich: train ids at the images' size, under their names, and confidences."""
    name = 'GOPR0364_frame_000001_rgb_anon.png'
    for folder in ('test', 'val'):
        image = tmp_path / 'data/rgb_anon' / folder / 'night/GOPR0364' / name
        image.parent.mkdir(parents=True)
        image.write_bytes((images / 'town/c.png').read_bytes())
    result = run(TOOL, CONFIG, checkpoint, tmp_path / 'data', '--out', tmp_path, '--server', 'dark_zurich')
    assert result.returncode == 0, result.stderr
    assert 'dark_zurich.zip' in result.stdout
    assert files(tmp_path / 'ids') == [f'rgb_anon/test/night/GOPR0364/{name}']
    init_default_scope('mmseg')
    model = init_model(str(CONFIG), str(checkpoint), device='cpu')
    probabilities = inference_model(model, str(image)).seg_logits.data.softmax(dim=0)
    with zipfile.ZipFile(tmp_path / 'dark_zurich.zip') as archive:
        written = {key: np.frombuffer(archive.read(key), np.uint8) for key in archive.namelist()}
    written = {key: cv2.imdecode(content, cv2.IMREAD_UNCHANGED) for key, content in written.items()}
    confidence = written.pop(f'confidence/{name}')
    assert confidence.dtype == np.uint16
    assert abs(confidence / 65535 - probabilities.amax(dim=0).numpy()).max() < 1e-4
    assert sorted(written) == [f'labelTrainIds/{name}', f'labelTrainIds_invalid/{name}']
    for label in written.values():
        assert label.dtype == np.uint8 and np.array_equal(label, expected['town/c.png'])


def test_one_image_over_the_picture(images, checkpoint, expected, tmp_path):
    image = images / 'town' / 'c.png'
    result = run(TOOL, CONFIG, checkpoint, image, '--out', tmp_path, '--opacity', 0.5, '--device', 'cpu')
    assert result.returncode == 0, result.stderr
    assert files(tmp_path) == ['color/c.png', 'ids/c.png', 'legend.png']
    palette = np.array(CityscapesDataset.METAINFO['palette'], np.uint8)
    painting = palette[expected['town/c.png']][..., ::-1].astype(float)
    mixed = cv2.imread(str(tmp_path / 'color' / 'c.png')).astype(float)
    assert abs(mixed - (painting + cv2.imread(str(image))) / 2).max() <= 0.5


def test_damaged_image_is_named_and_nothing_half_written(images, checkpoint, tmp_path):
    for name in ('a.png', 'town/c.png'):
        (tmp_path / 'in' / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / 'in' / name).write_bytes((images / name).read_bytes())
    (tmp_path / 'in' / 'b.png').write_bytes((images / 'a.png').read_bytes()[:20])
    # the results may lie below the images without being taken for some
    result = run(TOOL, CONFIG, checkpoint, tmp_path / 'in', '--out', tmp_path / 'in' / 'out')
    assert result.returncode == 1
    assert 'b.png is not an image that can be read' in result.stderr and 'Traceback' not in result.stderr
    assert files(tmp_path / 'in' / 'out') == ['color/a.png', 'ids/a.png']


def test_config_without_test_pipeline(images, checkpoint, expected, tmp_path):
    """As for a user's own folders, configs/own_data.py; what is random in training is left out."""
    cfg = Config.fromfile(str(CONFIG))
    pipeline = cfg.pop('test_pipeline')
    for key in ('test_dataloader', 'val_dataloader', 'tta_pipeline'):
        cfg.pop(key)
    cfg.train_dataloader.dataset.target.pipeline = [
        *(step if step['type'] != 'LoadAnnotations' else dict(type='LoadMappedAnnotations') for step in pipeline[:-1]),
        dict(type='LoadPseudoLabels'),
        dict(type='RandomFlip', prob=1.0),
        pipeline[-1],
    ]
    cfg.dump(str(tmp_path / 'config.py'))
    result = run(TOOL, tmp_path / 'config.py', checkpoint, images / 'a.png', '--out', tmp_path / 'out')
    assert result.returncode == 0, result.stderr
    ids = cv2.imread(str(tmp_path / 'out' / 'ids' / 'a.png'), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(ids, expected['a.png'])


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(checkpoint='none.pth'), 'checkpoint none.pth does not exist'),
        (dict(images='nowhere'), 'nowhere does not exist'),
        (dict(options=['--server', 'acdc']), 'give the root of the data set'),
        (dict(config='configs/_base_/schedules/mini_adapt.py'), 'model of'),
        (dict(options=['--cfg-options', 'model.decode_head.num_classes=7']), 'does not fit'),
    ],
    ids=lambda value: None if isinstance(value, str) else next(iter(value)),
)
def test_wrong_input_is_one_line(images, checkpoint, tmp_path, change, message):
    arguments = dict(config=CONFIG, checkpoint=checkpoint, images=images / 'a.png', options=[]) | change
    options = arguments.pop('options')
    if 'config' in change:
        arguments['config'] = REPO / change['config']
    result = run(TOOL, *arguments.values(), '--out', tmp_path / 'out', *options)
    assert result.returncode == 1 and 'Traceback' not in result.stderr
    assert message in result.stderr.strip().splitlines()[-1]
    assert not (tmp_path / 'out').exists()


def test_same_name_twice_is_refused(images, checkpoint, tmp_path):
    for name in ('a.png', 'a.jpg'):
        (tmp_path / name).write_bytes((images / 'a.png').read_bytes())
    result = run(TOOL, CONFIG, checkpoint, tmp_path, '--out', tmp_path / 'out')
    assert result.returncode == 1 and 'would both become a.png' in result.stderr
