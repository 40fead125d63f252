"""Streams of pairs and of rare classes, for any lengths, ranks and positions."""

import json
import tempfile
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmseg.datasets import BaseSegDataset

from mmseg_uda.datasets import RareClassDataset
from mmseg_uda.datasets.rare_class import class_probabilities, first_good
from mmseg_uda.errors import UserError
from tests.test_datasets.test_samplers import sampler, take

lengths = st.integers(1, 12)
seeds = st.integers(0, 2**32 - 1)


@given(source=st.none() | lengths, target=lengths, seed=seeds, ranks=st.integers(1, 5), shuffle=st.booleans())
def test_any_number_of_ranks_sees_one_stream(source, target, seed, ranks, shuffle):
    whole = take(sampler(source, target, seed, shuffle=shuffle), 6 * ranks)
    parts = [take(sampler(source, target, seed, rank, ranks, shuffle=shuffle), 6) for rank in range(ranks)]
    assert [index for step in zip(*parts, strict=True) for index in step] == whole


@given(source=lengths, target=lengths, seed=seeds, ranks=st.integers(1, 3), skipped=st.integers(0, 40))
def test_skipping_is_dropping(source, target, seed, ranks, skipped):
    stream = sampler(source, target, seed, ranks - 1, ranks)
    expected = list(islice(stream, skipped, skipped + 5))
    stream.skip(skipped)
    assert take(stream, 5) == expected


@given(source=lengths, target=lengths, seed=seeds, epochs=st.integers(1, 4))
def test_every_image_comes_once_an_epoch(source, target, seed, epochs):
    stream = take(sampler(source, target, seed), epochs * max(source, target))
    for domain, length in enumerate((source, target)):
        order = [index[domain] for index in stream]
        for start in range(0, len(order) - length + 1, length):
            assert sorted(order[start : start + length]) == list(range(length))


pixels = st.dictionaries(st.integers(0, 18), st.integers(1, 10**12), min_size=1)


@given(counts=pixels, temperature=st.floats(1e-4, 10))
def test_a_rarer_class_is_never_asked_for_less(counts, temperature):
    classes, probabilities = class_probabilities(counts, temperature)
    assert sorted(classes) == sorted(counts)
    assert np.isfinite(probabilities).all() and probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert (np.diff([counts[c] for c in classes]) >= 0).all() and (np.diff(probabilities) <= 0).all()


@given(crops=st.lists(st.booleans(), min_size=1, max_size=12))
def test_the_first_good_crop_or_the_last(crops):
    tried = iter(enumerate(crops))
    place, _ = first_good(lambda: next(tried), lambda crop: crop[1], more=len(crops) - 1)
    assert place == (crops.index(True) if True in crops else len(crops) - 1)


class Counted(BaseSegDataset):
    """A data set of which only the pixels of each class are known."""

    def __init__(self, folder: Path, counts: list[dict[int, int]]) -> None:
        self.data_root, self.ignore_index = str(folder), 255
        self.pipeline = SimpleNamespace(transforms=[])
        self.names = [f'{i}.png' for i in range(len(counts))]
        self._metainfo = dict(classes=[str(c) for c in range(19)])
        entries = [dict(counted, file=name) for name, counted in zip(self.names, counts, strict=True)]
        (folder / 'sample_class_stats.json').write_text(json.dumps(entries))

    def __len__(self) -> int:
        return len(self.names)

    def get_data_info(self, idx: int) -> dict:
        return dict(image=idx, seg_map_path=f'{self.data_root}/{self.names[idx]}')


@given(
    counts=st.lists(
        st.dictionaries(st.integers(0, 18) | st.just(255), st.integers(0, 100)).filter(lambda c: any(c.values())),
        min_size=1,
        max_size=5,
    ),
    min_pixels=st.integers(0, 60),
)
def test_drawn_images_have_enough_of_the_class(counts, min_pixels):
    enough = {c: [i for i, n in enumerate(counts) if n.get(c, 0) > min_pixels] for c in range(19)}
    enough = {c: images for c, images in enough.items() if images}
    with tempfile.TemporaryDirectory() as folder:
        build = lambda: RareClassDataset(  # noqa: E731
            Counted(Path(folder), counts), temperature=0.5, min_pixels=min_pixels, min_crop_ratio=0
        )
        if not enough:
            with pytest.raises(UserError, match='min_pixels'):
                build()
            return
        dataset = build()
    assert {int(c): list(images) for c, images in zip(dataset.classes, dataset.images, strict=True)} == enough
    assert dataset.probabilities.sum() == pytest.approx(1) and (dataset.probabilities >= 0).all()
    np.random.seed(0)
    possible = {image for images in enough.values() for image in images}
    assert {dataset[0]['image'] for _ in range(10)} <= possible
