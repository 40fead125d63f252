"""docs/custom_data.md followed word for word in a folder like a fresh clone, with a handful of tiny pictures."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from mmseg.apis import inference_model, init_model

from tests.conftest import ROOT, run_command
from tests.test_datasets.folders import write_ids, write_image

PAGE = (ROOT / 'docs/custom_data.md').read_text()
SOURCE = {'a.png': (40, 20), 'town/b.JPG': (37, 21), 'old town/c.jpeg': (64, 32), 'old town/d.png': (64, 31)}
TARGET = {'x.jpg': (50, 33), 'by night/y.jpeg': (64, 32), 'by night/z 1.JPG': (48, 48), 'w.bmp': (20, 64)}
VALIDATION = {'1.png': (64, 32), 'm/2.png': (31, 64)}


def section(title: str) -> str:
    return PAGE.split(f'\n## {title}')[1].split('\n## ')[0]


def commands(title: str) -> list[str]:
    return [
        line for block in re.findall(r'```bash\n(.*?)```', section(title), re.DOTALL) for line in block.splitlines()
    ]


def run_as_written(command: str, clone: Path, check: bool = True) -> str:
    return run_command('bash', '-c', command, cwd=clone, env=dict(PYTHONPATH=str(ROOT)), check=check).stdout


def write_labelled(folder: Path, sizes: dict[str, tuple[int, int]]) -> None:
    for i, (name, size) in enumerate(sizes.items()):
        write_picture(folder / 'images' / name, size, i)
        ids = np.random.default_rng(i).choice([0, 7, 26], size[::-1])
        write_ids((folder / 'labels' / name).with_suffix('.png'), ids)


def write_picture(path: Path, size: tuple[int, int], seed: int) -> None:
    """Under the given name, in any letter case."""
    written = path.with_suffix(path.suffix.lower())
    write_image(written, size, seed)
    written.rename(path)


@pytest.fixture(scope='module')
def clone(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp('clone')
    (root / 'configs').mkdir()
    (root / 'tools').symlink_to(ROOT / 'tools')
    for path in (ROOT / 'configs').iterdir():
        (root / 'configs' / path.name).symlink_to(path)
    write_labelled(root / 'data/my_source', SOURCE)
    write_labelled(root / 'data/my_target_val', VALIDATION)
    for i, (name, size) in enumerate(TARGET.items()):
        write_picture(root / 'data/my_target' / name, size, i)
    return root


@pytest.fixture(scope='module')
def trained(clone) -> str:
    """What the page's first commands print, with two of the arrows changed."""
    copy, train, _ = commands('2.')
    run_as_written(copy, clone)
    config = clone / 'configs/my_data.py'
    text = config.read_text()
    for line, changed in (('iterations = 1500', 'iterations = 2'), ('scale = (256, 128)', 'scale = (64, 32)')):
        assert line in text
        text = text.replace(line, changed)
    config.write_text(text)
    return run_as_written(train, clone)


def test_training_without_target_labels(clone, trained):
    assert trained.count('No validation: val_dataloader is not set') == 3
    assert 'Training images: 4 of source, 0 of target' in trained
    assert trained.count('Training images: 4 of source, 4 of target') == 2
    assert 'Stage round_2' in trained and 'skipped' not in trained
    assert (clone / (clone / 'work_dirs/my_data/last_checkpoint').read_text()).is_file()
    labels = clone / 'work_dirs/my_data/01_round_1/pseudo_labels/iter_0/labels'
    names = {str(path.relative_to(labels)) for path in labels.rglob('*.png')}
    assert names == {str(Path(name).with_suffix('.png')) for name in TARGET}


def test_predictions_and_scores(clone, trained):
    run_as_written(commands('2.')[-1], clone)
    for name, size in TARGET.items():
        ids = cv2.imread(str((clone / 'predictions/ids' / name).with_suffix('.png')), cv2.IMREAD_UNCHANGED)
        assert ids.shape == size[::-1] and ids.max() <= 2
    model = init_model(
        str(clone / 'configs/my_data.py'), (clone / 'work_dirs/my_data/last_checkpoint').read_text(), 'cpu'
    )
    by_mmseg = inference_model(model, str(clone / 'data/my_target/x.jpg')).pred_sem_seg.data[0].numpy()
    assert np.array_equal(by_mmseg, cv2.imread(str(clone / 'predictions/ids/x.png'), cv2.IMREAD_UNCHANGED))
    assert model.dataset_meta['classes'] == ['sky', 'road', 'vehicle']
    (score,) = commands('3.')
    untold = run_as_written(score, clone, check=False)
    assert 'Error: test_dataloader is not set' in untold and 'Traceback' not in untold
    with (clone / 'configs/my_data.py').open('a') as config:
        config.write(re.search(r'```python\n(.*?)```', section('3.'), re.DOTALL)[1])
    assert re.search(r'mIoU: \d.*traffic: \d', run_as_written(score, clone))
    validated = run_as_written(f'{commands("2.")[1]} --stage source --work-dir validated', clone)
    assert re.search(r'Iter\(val\).*mIoU: ', validated) and 'No validation' not in validated


def test_what_is_skipped_and_what_is_wrong_is_said(clone, trained):
    """The label comes from a loading process, whose traceback is not shown."""
    checkpoint = (clone / 'work_dirs/my_data/last_checkpoint').read_text()
    (clone / 'configs/wrong.py').write_text(
        f"_base_ = './my_data.py'\nstages = None\nload_from = '{checkpoint}'\n"
        "dataset = dict(source=dict(class_map=None), target=dict(img_suffix='.jpg'))\n"
        'train_dataloader = dict(dataset=dataset)\n'
    )
    said = run_as_written('python tools/train.py configs/wrong.py', clone, check=False)
    assert ', 2 do not end in .jpg (img_suffix) and are skipped: by night/y.jpeg, w.bmp' in said
    assert 'Training images: 4 of source, 2 of target' in said
    assert re.search(r'Error: data/my_source/labels/.*png: label ids \[7, 26\] are no class', said)
    assert 'Traceback' not in said.rpartition('Error: ')[2]
