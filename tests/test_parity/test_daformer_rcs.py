"""Rare-class sampling: probabilities, eligible images, and the released sequence from its seed."""

import json

import numpy as np
import pytest
from PIL import Image

from mmseg_uda.datasets.rare_class import RareClassDataset, class_probabilities, first_good

from .parity import assert_close, cases

ALL = cases('daformer_rcs.npz')


def totals_of(case) -> dict[int, int]:
    totals = {}
    for counts in case['class_pixels']:
        for c in np.flatnonzero(counts):
            totals[int(c)] = totals.get(int(c), 0) + int(counts[c])
    return totals


@pytest.mark.parametrize('case', ALL, ids=str)
def test_probabilities(case):
    classes, probabilities = class_probabilities(totals_of(case), case['temperature'])
    np.testing.assert_array_equal(classes, case['classes'])
    assert_close(probabilities, case['prob'], rtol=4e-6)
    assert_close(probabilities, case['prob64'][classes], rtol=4e-6)


@pytest.fixture(params=ALL, ids=str)
def sampled(request, tmp_path):
    """The case as a data set: labels of one pixel, and statistics that say what is stored."""
    case = request.param
    entries = []
    for name, counts in zip(case['files'], case['class_pixels'], strict=True):
        path = tmp_path / 'labels' / str(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        image = tmp_path / 'images' / str(name)
        image.parent.mkdir(parents=True, exist_ok=True)
        Image.new('L', (1, 1)).save(path)
        Image.new('RGB', (1, 1)).save(image)
        present = {str(c): int(counts[c]) for c in np.flatnonzero(counts)}
        entries.append(present | dict(file=path.relative_to(tmp_path).as_posix()))
    (tmp_path / 'sample_class_stats.json').write_text(json.dumps(entries))
    suffix = '.' + str(case['files'][0]).rpartition('.')[2]
    dataset = RareClassDataset(
        dict(
            type='GTADataset',
            data_root=str(tmp_path),
            img_suffix=suffix,
            seg_map_suffix=suffix,
            pipeline=[dict(type='RandomCrop', crop_size=(1, 1))],
        ),
        temperature=case['temperature'],
        min_pixels=case['min_pixels'],
        min_crop_ratio=case['min_crop_ratio'],
    )
    files = [str(name) for name in case['files']]
    names = [dataset.dataset.get_data_info(i)['seg_map_path'] for i in range(len(dataset))]
    places = [next(f for f, file in enumerate(files) if name.endswith(f'/{file}')) for name in names]
    return case, dataset, places


def test_eligible_images(sampled):
    case, dataset, places = sampled
    for c, images in zip(dataset.classes, dataset.images, strict=True):
        assert sorted(places[i] for i in images) == np.flatnonzero(case['eligible'][c]).tolist()


def test_sequence(sampled):
    case, dataset, places = sampled
    # The released lists are in the order of the statistics, a data set's in that of file names.
    of_class = {
        int(c): sorted(images, key=lambda i: places[i])
        for c, images in zip(dataset.classes, dataset.images, strict=True)
    }
    loaded = np.zeros(len(places), dtype=int)
    total = 0
    np.random.seed(case['legacy_seed'])
    for s in range(len(case['drawn_class'])):
        c = int(np.random.choice(dataset.classes, p=dataset.probabilities))
        file = places[np.random.choice(of_class[c])]
        before = total

        def crop(file=file, c=c):
            nonlocal total
            total += 1
            loaded[file] += 1
            return int(case['crop_pixels'][file, (loaded[file] - 1) % case['crop_pixels'].shape[1], c])

        more = dataset.max_crops if dataset.min_crop_pixels else 0
        first_good(crop, lambda pixels: pixels > dataset.min_crop_pixels, more)
        assert (c, file) == (case['drawn_class'][s], case['drawn_file'][s])
        assert total - before == case['loads'][s]
        assert np.random.choice(range(case['target_length'])) == case['drawn_target'][s]
