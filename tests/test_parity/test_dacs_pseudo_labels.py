"""Pseudo labels and the one weight of a batch."""

import math

import numpy as np
import pytest
import torch
from mmcv.transforms import Compose
from mmseg.registry import TRANSFORMS

import mmseg_uda.datasets  # noqa: F401  registers the transforms
from mmseg_uda.models.ops import pseudo_labels

from .parity import Case, assert_close, cases

ALL = cases('dacs_pseudo_labels.npz')


def valid_pixels(case: Case) -> torch.Tensor:
    """The stored margins, and DAFormer's rows as margins."""
    valid = torch.ones(case['label'].shape) if 'valid' not in case else case.tensor('valid').clone()
    valid[:, : case['ignore_top']] = 0
    valid[:, valid.shape[1] - case['ignore_bottom'] :] = 0
    return valid


@pytest.mark.parametrize('case', [c for c in ALL if c.name.startswith('A_')], ids=str)
def test_labels_and_weights(case):
    threshold = None if math.isnan(case['threshold']) else case['threshold']
    labels, weights, share = pseudo_labels(case.tensor('logits'), threshold, valid_pixels(case))
    np.testing.assert_array_equal(labels, case['label'])
    assert_close(share, case['q'], rtol=1e-9)
    assert_close(weights, case['weight'], rtol=1e-7)  # released weights are float32


@pytest.mark.parametrize('case', [c for c in ALL if c.name.startswith('B_')], ids=str)
def test_margins_follow_the_image(case):
    height, width = case['size']
    y1, y2, x1, x2 = case['box']
    before = Compose(
        [
            dict(type='MarkMargins', margins=case['margins'].tolist()),
            dict(type='Resize', scale=tuple(case['scale'].tolist())),
        ]
    )
    results = before(dict(img=np.zeros((height, width, 3), np.uint8), seg_fields=[]))
    # RandomCrop draws its place; the stored one is taken instead.
    crop = TRANSFORMS.build(dict(type='RandomCrop', crop_size=(int(y2 - y1), int(x2 - x1))))
    crop.crop_bbox = lambda _: (y1, y2, x1, x2)
    results = crop(results)
    results = TRANSFORMS.build(dict(type='RandomFlip', prob=float(case['flip'])))(results)
    packed = TRANSFORMS.build(dict(type='PackDomainInputs', meta_keys=()))(results)
    np.testing.assert_array_equal(packed['data_samples'].pseudo_valid.data[0], case['mask'])
