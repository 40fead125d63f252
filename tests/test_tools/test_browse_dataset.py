"""Pictures of training pairs."""

import argparse
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from mmseg.datasets import CityscapesDataset
from PIL import Image

from mmseg_uda.errors import UserError
from mmseg_uda.pseudo_labels.rounds import point_current_at, round_folder
from mmseg_uda.utils.image_files import read_image, write_png
from mmseg_uda.visualization.captions import LINE
from mmseg_uda.visualization.training_pairs import MARGIN
from tests.conftest import ROOT, run_command

TOOL = ROOT / 'tools' / 'analysis_tools' / 'browse_dataset.py'
HEIGHT, WIDTH = 128, 256
"""Of the network's input: twice that of the rendered images."""

CONFIG = """
_base_ = '{root}/configs/dast/dast_mini_gta2cs.py'
style = dict(_base_.fourier_style, img_dir='{data}/cityscapes/leftImg8bit/train', beta=0.1)
styled = [*_base_.source_pipeline[:-1], style, _base_.source_pipeline[-1]]
train_dataloader = dict(num_workers=0, persistent_workers=False, dataset=dict(
    source=dict(data_root='{data}/gta', pipeline=styled), target=dict(data_root='{data}/cityscapes')))
"""


@pytest.fixture
def config(minicity, tmp_path) -> Path:
    path = tmp_path / 'own.py'
    path.write_text(CONFIG.format(root=ROOT, data=minicity))
    return path


@pytest.fixture
def made_round(minicity, tmp_path) -> Path:
    """Pseudo labels in the work dir of stage ``round``: all road, at confidence 1."""
    folder = round_folder(tmp_path / 'work' / '01_round', 0)
    images = minicity / 'cityscapes' / 'leftImg8bit' / 'train'
    for image in images.rglob('*.png'):
        name = image.relative_to(images)
        write_png(folder / 'labels' / name, np.zeros((HEIGHT, WIDTH), np.uint8))
        write_png(folder / 'confidence' / name, np.full((HEIGHT, WIDTH), 255, np.uint8))
    point_current_at(folder)
    return folder


def panel(picture: np.ndarray, row: int, column: int) -> np.ndarray:
    """One picture of the grid, without its title."""
    top, left = row * (LINE + HEIGHT) + LINE, column * (WIDTH + MARGIN)
    return picture[top : top + HEIGHT, left : left + WIDTH].astype(int)


def test_pairs_of_a_stage_with_its_pseudo_labels(config, made_round, tmp_path):
    out = tmp_path / 'pictures'
    console = run_command(
        *('python', TOOL, config, '--output-dir', out, '--number', '2', '--stage', 'round', '--not-show'),
        *('--work-dir', tmp_path / 'work'),
    ).stdout
    assert f'2 pairs: {out}' in console and str(made_round.with_name('current')) in console
    assert [path.name for path in sorted(out.iterdir())] == ['000.png', '001.png']
    pictures = [read_image(path)[..., ::-1] for path in sorted(out.iterdir())]
    assert not np.array_equal(panel(pictures[0], 0, 0), panel(pictures[1], 0, 0))
    file, image, labels = (panel(pictures[0], row, 0) for row in range(3))
    # FDA moves colours and keeps the street: the input is another than the file, but not by much.
    assert 2 < abs(image - file).mean() < 60
    colours = np.array([*CityscapesDataset.METAINFO['palette'], (0, 0, 0)])
    nearest = abs((2 * labels - image)[:, :, None] - colours).max(axis=3).min(axis=2)
    assert nearest.max() <= 1  # each pixel is half the image, half the colour of a class
    file, image, labels, confidence = (panel(pictures[0], row, 1) for row in range(4))
    assert abs(image - file).mean() < 20  # resized in another way
    road = np.array([128, 64, 128])
    assert abs(labels - (image + road) / 2).max() <= 0.5
    assert confidence.sum(axis=2).min() > 600


def load_tool():
    spec = importlib.util.spec_from_file_location('browse_dataset', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def options(config: Path, out: Path, **changes) -> argparse.Namespace:
    names = dict(config=config, output_dir=out, number=1, stage=None, work_dir=None, not_show=True, show_interval=0)
    return argparse.Namespace(**(names | dict(cfg_options=None) | changes))


def test_translated_images_are_shown_as_they_are_trained_on(minicity, tmp_path):
    """One domain alone, without stages; the source images lie in a folder of their own."""
    for image in (minicity / 'gta' / 'images').iterdir():
        Image.new('RGB', (WIDTH, HEIGHT), (0, 200, 0)).save(tmp_path / image.name)
    config = tmp_path / 'source.py'
    source = f"data_root='{minicity}/gta', data_prefix=dict(img_path='{tmp_path}')"
    config.write_text(
        f"_base_ = '{ROOT}/configs/source_only/source_only_mini_gta2cs.py'\n"
        f'train_dataloader = dict(num_workers=0, persistent_workers=False, dataset=dict(source=dict({source})))\n'
    )
    load_tool().browse(options(config, tmp_path / 'out'))
    picture = read_image(tmp_path / 'out' / '000.png')[..., ::-1]
    for row in (0, 1):
        assert (panel(picture, row, 0) == [0, 200, 0]).all()
    assert np.unique(panel(picture, 2, 0).reshape(-1, 3), axis=0).shape[0] > 3


def test_a_set_of_one_domain_is_refused(minicity, tmp_path):
    config = tmp_path / 'plain.py'
    config.write_text(
        f"_base_ = '{ROOT}/configs/source_only/source_only_mini_gta2cs.py'\n"
        f"val_set = dict(_base_.val_dataloader.dataset, data_root='{minicity}/cityscapes')\n"
        'train_dataloader = dict(_delete_=True, num_workers=0, dataset=val_set,\n'
        "    sampler=dict(type='InfiniteSampler'))\n"
    )
    with pytest.raises(UserError, match='CityscapesLabeledDataset, expected a DomainPairDataset'):
        load_tool().browse(options(config, tmp_path / 'out'))
    assert not (tmp_path / 'out').exists()
    with pytest.raises(UserError, match=r'--stage da: .* has no stages'):
        load_tool().browse(options(config, tmp_path / 'out', stage='da'))
