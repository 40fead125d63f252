"""Source images in the look of target images."""

import numpy as np
import pytest
from mmcv import imread, imresize
from mmengine.runner import Runner
from mmseg.registry import TRANSFORMS

from mmseg_uda.datasets import DomainPairDataset
from mmseg_uda.datasets.conversion import convert
from mmseg_uda.datasets.transforms.fourier import swap_amplitude
from mmseg_uda.errors import UserError

from .folders import make_cityscapes, make_gta, write_image


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp('fda')
    convert('gta', make_gta(root / 'gta', ('1', '2', '3')), workers=1)
    make_cityscapes(root / 'cs')
    for i in range(5):  # other sizes and contents than the source's
        write_image(root / f'looks/town/{i}_x.png', size=(20, 12 + i), seed=10 + i)
    return root


def step(root, **kwargs) -> dict:
    return dict(type='FourierStyleTransfer', img_dir=str(root / 'looks'), img_suffix='_x.png', beta=0.1) | kwargs


def source(root, **kwargs) -> dict:
    steps = (dict(type='LoadImageFromFile'), dict(type='LoadAnnotations'), step(root, **kwargs))
    return dict(type='GTADataset', data_root=str(root / 'gta'), pipeline=[*steps, dict(type='PackSegInputs')])


def test_amplitudes_of_a_target_image_at_the_sources_size(root):
    paths = sorted((root / 'looks/town').iterdir())
    results = dict(img=imread(str(root / 'gta/images/1.png')), sample_idx=0)
    size = results['img'].shape[:2]
    before = results['img'].astype(np.float32)
    np.random.seed(4)
    drawn = paths[np.random.randint(len(paths))]
    np.random.seed(4)
    out = TRANSFORMS.build(step(root))(results)['img']
    target = imresize(imread(str(drawn)), size[::-1], interpolation='bicubic', backend='pillow')
    expected = swap_amplitude(before, target.astype(np.float32), 0.1)
    assert out.dtype == np.float32 and out.shape == before.shape
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-3)
    assert np.abs(out - before).max() > 1


def test_the_samplers_seed_decides(root):
    dataset = DomainPairDataset(source(root), None)
    images = {seed: dataset[0, None, seed]['source']['inputs'] for seed in range(40)}
    assert all(np.array_equal(dataset[0, None, seed]['source']['inputs'], image) for seed, image in images.items())
    assert len({image.numpy().tobytes() for image in images.values()}) == 5  # every look is drawn by and by


def test_workers_change_nothing(root):
    def first_batches(workers):
        loader = dict(
            batch_size=2,
            num_workers=workers,
            sampler=dict(type='DomainPairSampler'),
            dataset=dict(type='DomainPairDataset', source=source(root)),
        )
        stream = iter(Runner.build_dataloader(loader, seed=3))
        return [image for _ in range(4) for image in next(stream)['source']['inputs']]

    for one, other in zip(first_batches(0), first_batches(2), strict=True):
        assert np.array_equal(one, other)


def test_a_seed_of_its_own_fixes_the_look_of_each_image(root):
    transform = TRANSFORMS.build(step(root, seed=0))
    image = imread(str(root / 'gta/images/1.png'))

    def styled(index):
        return transform(dict(img=image.copy(), sample_idx=index))['img'].tobytes()

    looks = [styled(i) for i in range(40)]
    np.random.seed(1)
    assert looks == [styled(i) for i in range(40)]
    assert len(set(looks)) == 5


def test_mistakes(root, tmp_path):
    with pytest.raises(UserError, match="window must be one of 'centered', 'corner'"):
        TRANSFORMS.build(step(root, window='round'))
    with pytest.raises(UserError, match=r'beta is 0\.5'):
        TRANSFORMS.build(step(root, beta=0.5))
    with pytest.raises(UserError, match=r"no file \*_y\.png below img_dir='.*looks'"):
        TRANSFORMS.build(step(root, img_suffix='_y.png'))
    with pytest.raises(UserError, match=r'train_dataloader\.dataset\.source: .*img_dir=.*is not a folder'):
        DomainPairDataset(source(root, img_dir=str(tmp_path / 'nowhere')))
    (tmp_path / 'bad').mkdir()
    (tmp_path / 'bad/a_x.png').write_bytes(b'no image')
    with pytest.raises(UserError, match=r'a_x\.png is not an image'):
        TRANSFORMS.build(step(root, img_dir=str(tmp_path / 'bad')))(dict(img=np.zeros((8, 8, 3), np.uint8)))
