"""Masks of blocks."""

import numpy as np
import pytest
import torch

from mmseg_uda.models.ops import block_mask, draw_block_noise

from .parity import cases

ALL = cases('mic_masking.npz')


@pytest.mark.parametrize('case', [c for c in ALL if c.name.startswith('A_')], ids=str)
def test_mask(case):
    images = case.tensor('img')
    mask = block_mask(case.tensor('noise'), images.shape[2:], case['ratio'])
    np.testing.assert_array_equal(mask[:, 0], case['mask'])
    np.testing.assert_array_equal(images * mask, case['masked'])


@pytest.mark.parametrize('case', ALL, ids=str)
def test_noise_has_the_size_of_the_blocks(case):
    images = torch.empty(case['img' if 'img' in case else 'tgt_img'].shape)
    assert draw_block_noise(images, case['block']).shape == case['noise'].shape
