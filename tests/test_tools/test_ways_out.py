"""Own data out again: MMSeg's API, inferencer and test tool take configs, checkpoints, exports and published files."""

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import run_command

from .own_data import CLASSES, copy_as_folders, save_checkpoint, write_config

EXPORT = 'tools/model_converters/export_to_mmseg.py'
MMSEG_TOOLS = Path(find_spec('mmseg').origin).parent / '.mim' / 'tools'
PREDICT = """
import sys
config, checkpoint, image, out, *blocked = sys.argv[1:]
if blocked:
    sys.modules['mmseg_uda'] = None  # any import of it fails
import numpy as np
from mmseg.apis import MMSegInferencer, inference_model, init_model
model = init_model(config, checkpoint, device='cpu')
single = inference_model(model, image).pred_sem_seg.data[0].numpy()
inferencer = MMSegInferencer(model=config, weights=checkpoint, device='cpu')
np.savez(out, single=single, inferencer=inferencer(image)['predictions'], classes=model.dataset_meta['classes'])
"""
TEST = """
import runpy, sys
sys.modules['mmseg_uda'] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
"""


@pytest.fixture(scope='module')
def data(minicity, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp('own data')
    copy_as_folders(minicity, path)
    return path


@pytest.fixture(scope='module')
def config(data) -> Path:
    return write_config(data / 'own.py', data, class_map={0: 0, 1: 1, 2: 2})


@pytest.fixture(scope='module')
def checkpoint(config) -> Path:
    return save_checkpoint(config, config.with_name('own.pth'))


@pytest.fixture(scope='module')
def exported(config, checkpoint) -> tuple[Path, Path]:
    out = config.parent / 'plain'
    text = run_command('python', EXPORT, config, checkpoint, out).stdout
    assert "MMSeg's own classes alone" in text and 'no score, because its labels have ids of their own' in text
    return out / 'own.py', out / 'own.pth'


@pytest.fixture(scope='module')
def image(data) -> Path:
    return next((data / 'images').rglob('*.png'))


@pytest.fixture(scope='module')
def expected(config, checkpoint, image, data) -> np.ndarray:
    """What this package's own tool predicts."""
    run_command('python', 'tools/predict.py', config, checkpoint, image, '--out', data / 'predicted', '--device', 'cpu')
    labels = np.asarray(Image.open(data / 'predicted' / 'ids' / image.name))
    assert len(np.unique(labels)) > 1
    return labels


def predictions(out: Path, *words) -> dict[str, np.ndarray]:
    """What MMSeg's API and its inferencer predict in a process of their own."""
    run_command(sys.executable, '-c', PREDICT, *words[:3], out, *words[3:])
    return dict(np.load(out))


def assert_same(found: dict[str, np.ndarray], expected: np.ndarray) -> None:
    np.testing.assert_array_equal(found['single'], expected)
    np.testing.assert_array_equal(found['inferencer'], expected)
    assert found['classes'].tolist() == CLASSES


def test_mmsegs_api_takes_config_and_checkpoint(config, checkpoint, image, expected, tmp_path):
    assert_same(predictions(tmp_path / 'found.npz', config, checkpoint, image), expected)


def test_an_export_needs_mmseg_alone(exported, image, expected, tmp_path):
    """For inference and for MMSeg's test tool, which cannot read labels with a class map and says no number."""
    assert_same(predictions(tmp_path / 'found.npz', *exported, image, 'blocked'), expected)
    done = run_command(
        sys.executable, '-c', TEST, MMSEG_TOOLS / 'test.py', *exported, '--out', tmp_path / 'out', cwd=tmp_path
    )
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / 'out' / image.name)), expected)
    assert len(list((tmp_path / 'out').iterdir())) == 3 and 'mIoU' not in done.stdout


def test_labels_that_hold_the_classes_are_scored_without_this_package(data, checkpoint, tmp_path):
    """Here 255 is what other classes became; a label of another class would be an error of either tool."""
    config = write_config(data / 'train_ids.py', data, class_map=None)
    for path in (data / 'labels').rglob('*.png'):
        label = np.array(Image.open(path))
        label[label > 2] = 255
        Image.fromarray(label).save(path)
    run_command('python', EXPORT, config, checkpoint, tmp_path / 'plain')
    exported = tmp_path / 'plain' / 'train_ids.py', tmp_path / 'plain' / 'train_ids.pth'
    plain = run_command(sys.executable, '-c', TEST, MMSEG_TOOLS / 'test.py', *exported, cwd=tmp_path).stdout
    ours = run_command('python', 'tools/test.py', config, checkpoint, '--work-dir', tmp_path / 'ours').stdout
    accuracy = [float(text.partition('aAcc: ')[2].split()[0]) for text in (plain, ours)]
    assert accuracy[0] == pytest.approx(accuracy[1], abs=0.006) and accuracy[0] > 0


def test_a_published_export_loads(config, exported, image, expected, tmp_path):
    """With either config; a training checkpoint is more than MMSeg's publish_model reads under torch >= 2.6."""
    run_command('python', MMSEG_TOOLS / 'misc' / 'publish_model.py', exported[1], tmp_path / 'published.pth')
    (published,) = tmp_path.glob('published*.pth')
    assert_same(predictions(tmp_path / 'a.npz', exported[0], published, image, 'blocked'), expected)
    assert_same(predictions(tmp_path / 'b.npz', config, published, image), expected)


def test_without_a_tta_pipeline_images_are_mirrored(config, checkpoint, data, tmp_path):
    done = run_command('python', 'tools/test.py', config, checkpoint, '--tta', '--work-dir', tmp_path)
    assert 'no tta_pipeline: each image is tested as it is and mirrored' in done.stdout and 'mIoU' in done.stdout
