"""Masks of blocks, and the images, labels and weights that MIC hands to the network in each mode."""

import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mmseg_uda.models import DomainOutput
from mmseg_uda.models.adaptations.masked_consistency import MaskDraws, MaskedImageConsistency
from mmseg_uda.models.ops import StrongAugmentation, block_mask, draw_block_noise

from .parity import assert_close, cases
from .self_ensembling import stored_augmentation

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


DOMAINS = dict(
    separatetrgaug=('target',), separatetrg=('target',), separate=('source', 'target'), separatesrc=('source',)
)
MEAN, STD = torch.tensor([[123.675, 116.28, 103.53], [58.395, 57.12, 57.375]], dtype=torch.float64)


def outputs_of(case) -> tuple[DomainOutput, DomainOutput]:
    samples = [SegDataSample(gt_sem_seg=PixelData(data=label[None])) for label in case.tensor('src_label').long()]
    source = DomainOutput({}, 'source', True, case.tensor('src_img'), samples)
    target = DomainOutput({}, 'target', True, case.tensor('tgt_img'), None)
    labels, weights = case.tensor('pseudo_label').long(), case.tensor('pseudo_weight')
    target.store['teacher'] = dict(labels=labels, weights=weights)
    return source, target


@pytest.mark.parametrize('case', [c for c in ALL if c.name.startswith('B_')], ids=str)
def test_what_reaches_the_network(case):
    masked = MaskedImageConsistency(ratio=case['ratio'], block=case['block'], domains=DOMAINS[case['mode']])
    augments = not np.isnan(case['u_jitter'])
    masked.augment = StrongAugmentation(MEAN, STD, same_for_all=True) if augments else None
    images, labels, weights = masked.whole(*outputs_of(case))
    draws = stored_augmentation(case, '', len(images)) if augments else None
    assert_close(masked.mask(images, MaskDraws(case.tensor('noise'), draws)), case['masked'], rtol=1e-9)
    np.testing.assert_array_equal(labels, case['label'])
    assert_close(weights, case['weight'] if 'weight' in case else np.ones_like(weights), rtol=1e-9)
