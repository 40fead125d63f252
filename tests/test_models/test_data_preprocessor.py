"""MMSeg's preprocessor configs on pairs of domains."""

import pytest
import torch
from mmseg.registry import MODELS

from mmseg_uda.models import UDADataPreprocessor, UDASegmentor
from tests.test_engine.nets import pair_batch, segmentor_config

PLAIN = dict(
    type='SegDataPreProcessor', mean=[120.0, 110.0, 100.0], std=[60.0] * 3, bgr_to_rgb=True, pad_val=0, seg_pad_val=255
)


def segmentor(**preprocessor) -> UDASegmentor:
    config = segmentor_config()
    config.data_preprocessor = dict(PLAIN, **preprocessor)
    return MODELS.build(config)


@pytest.mark.parametrize(
    ('sizes', 'source', 'target'),
    [
        ({}, (32, 64), (40, 48)),
        (dict(size=(64, 64)), (64, 64), (64, 64)),
        (dict(size_divisor=32), (32, 64), (64, 64)),
    ],
    ids=['neither', 'size', 'divisor'],
)
def test_mmsegs_preprocessor_takes_pairs(sizes, source, target):
    model = segmentor(**sizes)
    assert type(model.data_preprocessor) is UDADataPreprocessor
    batch = pair_batch(0)
    data = model.data_preprocessor(batch, True)
    assert data['inputs']['source'].shape == (2, 3, *source)
    assert data['inputs']['target'].shape == (2, 3, *target)
    red = batch['source']['inputs'][0][2].float()
    torch.testing.assert_close(data['inputs']['source'][0, 0, :32, :64], (red - 120) / 60)
    labels = data['data_samples']['source'][0].gt_sem_seg.data
    assert labels.shape == (1, *source) and (labels[:, 32:] == 255).all()


def test_mmsegs_preprocessor_at_test():
    model = segmentor(test_cfg=dict(size_divisor=32)).eval()
    (prediction, _) = model.test_step(pair_batch(0)['target'])
    assert prediction.pred_sem_seg.data.shape == (1, 40, 48)
