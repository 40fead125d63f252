"""Two ranks with an image each are one process with both, where losses are means over as many pixels on each image.

The table of docs/distributed.md: python -m pytest -s -m slow tests/test_end_to_end/test_ranks_equal.py
"""

import json
import re
from functools import partial
from pathlib import Path

import pytest
import torch
from mmengine.registry import init_default_scope

from tests.conftest import ROOT
from tests.ranks import run_on_ranks

from .ranked_runs import EVERY, MIXTURES, TAUGHT, make_images, make_weights, train

DIFFER = ('MaxCosine', 'PixelCycleAssociation', 'LovaszSoftmax', 'FeatureDistance', *TAUGHT)
"""Losses that are no means over equally many pixels: docs/distributed.md says why."""
MEANS = {name: adaptation for name, adaptation in EVERY.items() if name not in DIFFER}
SELECTING = {name: EVERY[name] for name in ('SelfTraining', 'PixelIntraDomainAdversary', *DIFFER[:3])}
RUNS = MIXTURES | {'means': MEANS, 'selecting': SELECTING}
UNSURE = dict(EVERY['EMATeacher'], threshold=1.0)
"""A teacher that is sure of nothing."""
ZERO = dict(
    SelfTraining=('loss_ce', 'loss_kld'),
    MaxCosine=('loss_cos',),
    PixelIntraDomainAdversary=('loss_adv',),
    PixelCycleAssociation=('loss_feature', 'loss_prediction'),
    LovaszSoftmax=('loss_lovasz',),
    SelfAttentionTraining=('loss_ce',),
    ClassMix=('loss_seg',),
    MaskedImageConsistency=('loss_seg',),
    FeatureDistance=('loss_distance',),
)
"""Losses of a rank whose images have no valid pixel."""
FEW = [('means', 'equal'), ('selecting', 'nothing')]
OTHER = [
    ('no adaptation', 'other_source'),
    ('SelfTraining', 'other_target'),
    ('PixelIntraDomainAdversary', 'other_target'),
]
EVERY_RUN = [*OTHER, *((name, kind) for kind in ('equal', 'nothing') for name in MIXTURES)]


def adaptations_of(name: str, kind: str) -> dict:
    unsure = dict(EMATeacher=UNSURE) if kind == 'nothing' and 'EMATeacher' in RUNS[name] else {}
    return RUNS[name] | unsure


def train_on_rank(runs: list[tuple[str, str]], rank: int, folder: Path) -> None:
    for name, kind in runs:
        train(folder, name, kind, adaptations_of(name, kind), ranks=2)


def train_all(folder: Path, runs: list[tuple[str, str]]) -> Path:
    """Each run by one process, but for those that are about ranks, and by two ranks."""
    init_default_scope('mmseg')  # fixtures come before the scope of a test
    make_images(folder)
    make_weights(folder)
    for name, kind in runs:
        if kind != 'nothing':
            train(folder, name, kind, adaptations_of(name, kind), ranks=1)
    run_on_ranks(partial(train_on_rank, runs), folder, time_limit=60 + 15 * len(runs))
    return folder


def parameters(folder: Path, run: tuple[str, str], ranks: int) -> list[dict[str, torch.Tensor]]:
    return [torch.load(folder / f'{"_".join(run)}_{ranks}_{rank}.pth') for rank in range(ranks)]


def distance(folder: Path, run: tuple[str, str]) -> float:
    """How far two ranks ended from one process, as a share of the way that the network's weights went."""
    (one,), (two, other) = (parameters(folder, run, ranks) for ranks in (1, 2))
    assert all(torch.equal(value, other[key]) for key, value in two.items()), 'ranks differ'
    start = torch.load(folder / 'start.pth')['state_dict']
    shared = one.keys() & start.keys()
    apart, way = (
        torch.stack([(one[key] - weights[key]).double().norm() for key in shared]).norm() for weights in (two, start)
    )
    assert way > 0.1, 'nothing was trained'
    return float(apart / way)


def check_nothing_valid(folder: Path, name: str) -> None:
    """Both ranks end with the same finite weights, though one of them had nothing to learn from."""
    two, other = parameters(folder, (name, 'nothing'), ranks=2)
    for key, value in two.items():
        assert value.isfinite().all() and torch.equal(value, other[key]), key
    losses = [json.loads((folder / f'{name}_nothing_2' / f'losses_{rank}.json').read_text()) for rank in range(2)]
    assert all(step['decode.loss_ce'] > 0 for step in losses[0])
    zero = ['decode.loss_ce', *(f'{part}.{loss}' for part in RUNS[name] for loss in ZERO.get(part, ()))]
    assert all(step[loss] == 0 for step in losses[1] for loss in zero)


@pytest.mark.dist
def test_all_means_at_once_and_all_that_select(tmp_path):
    train_all(tmp_path, FEW)
    assert distance(tmp_path, FEW[0]) < 1e-4
    check_nothing_valid(tmp_path, FEW[1][0])


@pytest.fixture(scope='module')
def trained(tmp_path_factory) -> Path:
    return train_all(tmp_path_factory.mktemp('ranks'), EVERY_RUN)


@pytest.mark.slow
@pytest.mark.dist
@pytest.mark.parametrize('name', MIXTURES)
def test_two_ranks_are_one_process_with_both_images(name, trained):
    found = distance(trained, (name, 'equal'))
    print(f'\n| `{name}` | {found:.0e} |')
    assert (found > 1e-3) if name in DIFFER else (found < 1e-4)


@pytest.mark.slow
@pytest.mark.dist
@pytest.mark.parametrize('run', OTHER, ids=' '.join)
def test_means_over_other_numbers_of_pixels_differ(run, trained):
    found = distance(trained, run)
    print(f'\n{" ".join(run)}: {found:.0e}')
    assert found > 1e-3  # else docs/distributed.md says the wrong thing


@pytest.mark.slow
@pytest.mark.dist
@pytest.mark.parametrize('name', MIXTURES)
def test_a_rank_without_valid_pixels(name, trained):
    check_nothing_valid(trained, name)


def test_the_page_has_every_adaptation():
    page = (ROOT / 'docs/distributed.md').read_text()
    rows = dict(re.findall(r'^\| `(\w+)` \| (\de-\d\d) \|', page, re.MULTILINE))
    assert set(rows) == set(EVERY)
    assert {name for name, equal in rows.items() if float(equal) > 1e-3} == set(DIFFER)
