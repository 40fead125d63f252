"""HRDA on whole images: as the teacher sees them, as at test, and by MMSeg's slide inference."""

import pytest
import torch
from mmengine.config import ConfigDict
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

from mmseg_uda.models.backbones.multi_resolution import see_whole_images

from .parity import assert_close, cases
from .released_network import load, stored_weights
from .self_ensembling import network_cfg

RTOL = 1e-8


@pytest.mark.parametrize('case', cases('hrda_inference.npz'), ids=str)
def test_inference(case):
    model = MODELS.build(
        ConfigDict(
            type='UDASegmentor',
            **network_cfg(case, hrda=True, classwise=bool(case['classwise'])),
            test_cfg=dict(mode='slide', crop_size=(64, 64), stride=(32, 32)),
        )
    ).double()
    parts = torch.nn.ModuleDict(dict(backbone=model.backbone, decode_head=model.decode_head))
    load(parts, {f'model.{name}': value for name, value in stored_weights(case).items()}, 'daformer')
    images, start = case.tensor('img'), {key: value.clone() for key, value in parts.state_dict().items()}

    see_whole_images(model.train())
    with torch.no_grad():
        teacher = model.upsample(model.decode_head(model.backbone(images)), images.shape[2:])
    assert_close(teacher[:, :, ::2, ::2], case['teacher'], RTOL)

    parts.load_state_dict(start)  # without the statistics of that run
    model.eval()
    metas = [dict(img_shape=images.shape[2:]) for _ in images]
    with torch.no_grad():
        test = model.encode_decode(images, metas)
    assert_close(test[:, :, ::2, ::2], case['test'], RTOL)

    wide, ori_shape = case.tensor('wide'), tuple(case['ori_shape'].tolist())
    meta = dict(img_shape=wide.shape[2:], ori_shape=ori_shape, pad_shape=wide.shape[2:])
    with torch.no_grad():
        (sample,) = model.predict(wide, [SegDataSample(metainfo=meta)])
    assert_close(sample.seg_logits.data.softmax(0)[None, :, ::2, ::2], case['prob'], RTOL)
