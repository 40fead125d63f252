"""FCN-8s-VGG16 against the official BDL network, through the converter."""

import pytest
import torch
from mmseg.registry import MODELS

import mmseg_uda.models  # noqa: F401
from mmseg_uda.models.decode_heads.fcn8s_head import bilinear_kernel
from mmseg_uda.released_weights import convert_state_dict
from tests.test_parity.parity import assert_close, cases

UPSAMPLING = dict(upscore2=4, upscore_pool4=4, upscore8=16)


def official_weights(case, variant: str) -> dict[str, torch.Tensor]:
    state_dict = case.recipe_state_dict()
    if variant == 'bilinear':
        for name, kernel_size in UPSAMPLING.items():
            state_dict[f'{name}.weight'] = bilinear_kernel(case['num_classes'], kernel_size)
    return state_dict


@pytest.mark.parametrize('variant', ['bilinear', 'recipe'])
@pytest.mark.parametrize('case', cases('fcn8s_vgg16.npz'), ids=str)
def test_outputs(case, variant):
    head = dict(
        type='FCN8sHead',
        num_classes=case['num_classes'],
        trainable_upsampling=variant == 'recipe',
    )
    model = torch.nn.ModuleDict(
        dict(backbone=MODELS.build(dict(type='FCN8sVGG')), decode_head=MODELS.build(head))
    ).eval()
    shapes = {key: value.shape for key, value in model.state_dict().items()}
    conversion = convert_state_dict(official_weights(case, variant), 'fcn8s', shapes)
    assert conversion.complete
    assert len(conversion.renamed) == len(case['sd_keys'])
    assert not conversion.dropped and not conversion.filled
    model.load_state_dict(conversion.state_dict, strict=True)
    del conversion

    x = case.tensor('x')
    for dtype, name, rtol in ((torch.float32, 'f32', 1e-5), (torch.float64, 'f64', 1e-9)):
        with torch.no_grad():
            scores = model.to(dtype)['decode_head'](model['backbone'](x.to(dtype)))
            logits = model['decode_head'].upsample(scores, x.shape[2:])
        if name == 'f64':
            logits = logits[:, ::2, ::3, ::3]
        assert_close(logits, case[f'out_{variant}_{name}'], rtol)


@pytest.mark.parametrize('case', cases('fcn8s_vgg16.npz'), ids=str)
def test_bilinear_kernel(case):
    expected = case['upscore2_bilinear']
    assert_close(bilinear_kernel(case['num_classes'], 4)[:2, :2], expected, rtol=0)
