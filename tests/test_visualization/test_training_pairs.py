import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from PIL import Image

from mmseg_uda.visualization.captions import LINE, draw_legend
from mmseg_uda.visualization.training_pairs import MARGIN, image_of, pair_picture

METAINFO = dict(classes=('road', 'car'), palette=[(128, 64, 128), (0, 0, 142)])
CAFFE = dict(mean=[104.0, 116.7, 122.7], std=[1.0, 1.0, 1.0])
RGB = dict(mean=[123.7, 116.3, 103.5], std=[58.4, 57.1, 57.4], bgr_to_rgb=True)


def domain(rng: np.random.Generator, folder, name: str, size: tuple[int, int]) -> tuple[torch.Tensor, SegDataSample]:
    """An image (3, H, W) BGR uint8 as a pipeline packs it, and its sample; the file is twice as large."""
    image = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(image).resize((2 * size[1], 2 * size[0])).save(folder / name)
    sample = SegDataSample(metainfo=dict(img_path=str(folder / name), img_shape=size))
    return torch.from_numpy(image[..., ::-1].transpose(2, 0, 1).copy()), sample


@pytest.mark.parametrize('normalization', [CAFFE, RGB, {}], ids=['caffe', 'rgb', 'none'])
def test_input_looks_as_it_was_before_it_was_normalised(tmp_path, normalization):
    packed, sample = domain(np.random.default_rng(0), tmp_path, 'a.png', (6, 10))
    cfg = dict(type='UDADataPreprocessor', size_divisor=1, **normalization)
    batch = MODELS.build(cfg)(dict(inputs=[packed], data_samples=[sample]), training=False)
    assert np.array_equal(image_of(batch['inputs'][0], cfg), packed.numpy()[::-1].transpose(1, 2, 0))


def test_values_out_of_range_are_clipped():
    inputs = torch.tensor([-40.0, 300.0, 7.4]).view(3, 1, 1)
    assert image_of(inputs, dict(bgr_to_rgb=True)).tolist() == [[[0, 255, 7]]]


def test_pair_shows_all_there_is(tmp_path):
    rng = np.random.default_rng(0)
    (source, labelled), (target, pseudo) = (
        domain(rng, tmp_path, 'a.png', (6, 10)),
        domain(rng, tmp_path, 'b.png', (8, 12)),
    )
    labelled.gt_sem_seg = PixelData(data=torch.zeros(1, 6, 10, dtype=torch.uint8))
    labels = torch.full((1, 8, 12), 255, dtype=torch.uint8)
    labels[:, :4] = 1
    pseudo.gt_sem_seg = PixelData(data=labels)
    pseudo.pseudo_confidence = PixelData(data=torch.full((1, 8, 12), 255, dtype=torch.uint8))
    cfg = dict(type='UDADataPreprocessor', size_divisor=1, **RGB)
    data = dict(
        source=dict(inputs=[source], data_samples=[labelled]), target=dict(inputs=[target], data_samples=[pseudo])
    )
    picture = pair_picture(MODELS.build(cfg)(data, training=True), cfg, METAINFO)

    legend = draw_legend(METAINFO['classes'], METAINFO['palette'], 10 + MARGIN + 12)
    assert picture.shape == (4 * (LINE + 8) + len(legend), legend.shape[1], 3)  # the target has four pictures
    assert np.array_equal(picture[-len(legend) :], legend)
    image = target.numpy()[::-1].transpose(1, 2, 0)
    column = picture[:, 10 + MARGIN : 10 + MARGIN + 12]
    assert np.array_equal(column[2 * LINE + 8 : 2 * LINE + 16], image)
    overlay = column[3 * LINE + 16 : 3 * LINE + 24].astype(int)
    colours = np.where(labels[0, ..., None] == 1, METAINFO['palette'][1], 0)
    assert abs(overlay - (image + colours) / 2).max() <= 0.5
    assert (column[4 * LINE + 24 : 4 * LINE + 32].astype(int).sum(axis=2) > 600).all()  # confident is bright
    source_label = picture[3 * LINE + 12 : 3 * LINE + 18, :10].astype(int)
    assert abs(source_label - (source.numpy()[::-1].transpose(1, 2, 0) + METAINFO['palette'][0]) / 2).max() <= 0.5
