"""A round of labels is the same file by file, however many processes made it."""

from functools import partial
from pathlib import Path

import pytest

from mmseg_uda.pseudo_labels.generation import generate_pseudo_labels
from mmseg_uda.pseudo_labels.target_images import build_target_images
from tests.ranks import run_on_ranks

from .conftest import build_model, target_config
from .helpers import files

SELECTORS = dict(
    dast=dict(type='DASTSelector'),
    bdl=dict(type='BDLSelector'),
    top=dict(type='TopPortionSelector'),
    pixintrada=dict(type='PixIntraDASelector'),
    ias=dict(type='IASSelector', alpha=0.5, beta=0.5, gamma=1.0),
    entropy=dict(type='EntropyRankingSelector', portion=0.5),
)


def label(images: Path, rank: int, folder: Path) -> None:
    """Label the seven images by each selector; every rank calls this."""
    model = build_model()
    dataset = build_target_images(target_config(images))
    for name, selector in SELECTORS.items():
        generate_pseudo_labels(model, dataset, selector, folder / name, confidence=True, overlays=3, num_workers=0)


@pytest.fixture(scope='module')
def alone(images, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('alone')
    label(images, 0, folder)
    return folder


@pytest.mark.dist
@pytest.mark.parametrize('ranks', [2, pytest.param(3, marks=pytest.mark.slow)])
def test_seven_images_on_two_and_three_ranks(images, alone, tmp_path, ranks):
    run_on_ranks(partial(label, images), tmp_path, ranks, time_limit=300)
    for name in SELECTORS:
        expected = files(alone / name)
        assert sum(path.startswith('labels/') for path in expected) == 7
        assert files(tmp_path / name) == expected, name
