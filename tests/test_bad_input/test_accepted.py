"""Unusual input that works, and works right."""

import shutil

import cv2
import numpy as np
import pytest
from PIL import Image

from .cases import LABEL, TRAIN
from .conftest import write_world_config


def grey(picture: np.ndarray) -> tuple[Image.Image, np.ndarray]:
    """One channel, and the same in colour."""
    values = picture[..., 1]
    return Image.fromarray(values), np.dstack([values] * 3)


def with_alpha(picture: np.ndarray) -> tuple[Image.Image, np.ndarray]:
    """With an opaque fourth channel."""
    return Image.fromarray(np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])), picture


def palette(picture: np.ndarray) -> tuple[Image.Image, np.ndarray]:
    """Of 64 colours, and the same in full colour."""
    indexed = Image.fromarray(picture).quantize(64)
    return indexed, np.asarray(indexed.convert('RGB'))


@pytest.mark.parametrize('kind', [grey, with_alpha, palette], ids=lambda kind: kind.__name__)
def test_images_of_other_formats_are_labelled_as_their_colours_are(world, kind):
    folder = world.root / 'pictures'
    folder.mkdir()
    picture = cv2.imread(str(world.files('gta/images/*')[0]))[..., ::-1]
    unusual, plain = kind(picture)
    unusual.save(folder / 'unusual.png')
    Image.fromarray(plain).save(folder / 'plain.png')
    code, text = world.command('predict {config} {dast} {root}/pictures --out {out}')
    assert code == 0, text
    first, second = (cv2.imread(str(world.root / f'out/ids/{name}.png'), -1) for name in ('unusual', 'plain'))
    assert (first == second).all()


def test_16_bit_images_are_scaled_to_8(world):
    folder = world.root / 'pictures'
    folder.mkdir()
    picture = cv2.imread(str(world.files('gta/images/*')[0]))
    cv2.imwrite(str(folder / 'deep.png'), picture.astype(np.uint16) * 257)
    cv2.imwrite(str(folder / 'plain.png'), picture)
    code, text = world.command('predict {config} {dast} {root}/pictures --out {out}')
    assert code == 0, text
    first, second = (cv2.imread(str(world.root / f'out/ids/{name}.png'), -1) for name in ('deep', 'plain'))
    assert (first == second).all()


def test_folders_of_any_letters_and_another_working_directory(world):
    world.root = world.root.rename(world.root.with_name('Straße in Łódź'))
    write_world_config(world)
    code, text = world.command(TRAIN, cwd=world.root.parent)
    assert code == 0, text
    assert (world.root / 'out/iter_2.pth').is_file()


def test_predictions_of_images_of_one_name_are_kept_apart(world):
    for kind in ('leftImg8bit', 'gtFine'):
        city = next((world.root / 'cityscapes' / kind / 'test').iterdir())
        shutil.copytree(city, city.with_name('twin'))
    code, text = world.command('test {config} {dast} --work-dir {root}/scores --out {out}')
    assert code == 0, text
    assert len(world.files('out/*/*.png')) == len(world.files('cityscapes/leftImg8bit/test/*/*.png'))


def test_a_folder_beside_a_round_is_nobodys_but_the_users(world):
    mine = world.root / 'out.partial' / 'notes.txt'
    mine.parent.mkdir()
    mine.write_text('mine')
    code, text = world.command(f'{LABEL} --selector bdl')
    assert code == 0, text
    assert mine.read_text() == 'mine'


def test_a_round_without_an_account_of_itself_is_taken(world):
    for name in ('manifest.json', 'images.json'):
        (world.root / 'round' / name).unlink()
    code, text = world.command(
        f'{TRAIN} --cfg-options train_dataloader.dataset.target.pseudo_labels={world.root}/round'
    )
    assert code == 0, text
