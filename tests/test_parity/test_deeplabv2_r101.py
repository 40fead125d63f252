"""DeepLabV2-ResNet101 against the official AdaptSegNet network, through the converter."""

import pytest
import torch
from mmseg.registry import MODELS

import mmseg_uda.models  # noqa: F401
from mmseg_uda.released_weights import convert_state_dict
from tests.test_parity.parity import assert_close, cases


def build(num_classes: int, num_branches: int, split: bool = False) -> torch.nn.ModuleDict:
    """Backbone and both heads under the names they have in a segmentor."""
    head = dict(type='DeepLabV2Head', num_classes=num_classes, num_branches=num_branches)
    parts = dict(
        backbone=MODELS.build(dict(type='DeepLabResNet', drop_last_blocks=int(split))),
        decode_head=MODELS.build(dict(in_channels=2048, in_index=3, **head)),
        auxiliary_head=MODELS.build(dict(in_channels=1024, in_index=2, **head)),
    )
    if split:
        parts['neck'] = MODELS.build(dict(type='ResidualTail'))
    return torch.nn.ModuleDict(parts).eval()


def convert(case, model: torch.nn.Module):
    shapes = {key: value.shape for key, value in model.state_dict().items()}
    return convert_state_dict(case.recipe_state_dict(), 'deeplab_resnet', shapes)


@pytest.fixture(params=[2, 4], ids=['two', 'four'])
def num_branches(request):
    return request.param


@pytest.mark.parametrize('split', [False, True], ids=['whole', 'split'])
@pytest.mark.parametrize('case', cases('deeplabv2_r101.npz'), ids=str)
def test_outputs(case, num_branches, split):
    model = build(case['num_classes'], num_branches, split)
    conversion = convert(case, model)
    assert conversion.complete
    unused = 2 * 2 * (4 - num_branches)
    assert len(conversion.dropped) == unused
    assert len(conversion.renamed) == len(case['sd_keys']) - unused
    model.load_state_dict(conversion.state_dict, strict=True)

    variant = {2: 'two', 4: 'four'}[num_branches]
    x = case.tensor('x')
    for dtype, name, rtol in ((torch.float32, 'f32', 1e-5), (torch.float64, 'f64', 1e-9)):
        with torch.no_grad():
            features = model.to(dtype)['backbone'](x.to(dtype))
            if split:
                features = model['neck'](features)
            aux, main = model['auxiliary_head'](features), model['decode_head'](features)
        assert_close(aux, case[f'out1_{variant}_{name}'], rtol)
        assert_close(main, case[f'out2_{variant}_{name}'], rtol)


@pytest.mark.parametrize('case', cases('deeplabv2_r101.npz'), ids=str)
def test_levels(case):
    model = build(case['num_classes'], 2)
    model.load_state_dict(convert(case, model).state_dict)
    with torch.no_grad():
        features = model.double()['backbone'](case.tensor('x').double())
    assert [list(feature.shape) for feature in features] == case['dbg_shapes'][1:].tolist()
    means = torch.stack([feature.abs().mean() for feature in features])
    assert_close(means, case['dbg_meanabs'][1:], rtol=1e-9, scale='elementwise')
