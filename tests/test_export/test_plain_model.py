"""The plain model and its weights, beside the model they come from."""

import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS

import mmseg_uda.engine  # noqa: F401, registers what configs name
from mmseg_uda.errors import UserError
from mmseg_uda.export import plain_config, plain_model, plain_state_dict
from mmseg_uda.export.plain_config import foreign_modules
from tests.conftest import ROOT
from tests.test_models.networks import NEEDS, NETWORKS, adapted


@pytest.mark.parametrize(
    ('config', 'modules'),
    [
        ('sam/sam_mini_gta2cs.py', None),
        ('maxcos/maxcos_mini_syn2cs.py', None),
        (
            'sam/sam_r101_gta2cs.py',
            ['mmseg_uda.models.backbones.deeplab_resnet', 'mmseg_uda.models.decode_heads.deeplabv2_head'],
        ),
        (
            'sam/sam_vgg16_syn2cs.py',
            ['mmseg_uda.models.backbones.fcn8s_vgg', 'mmseg_uda.models.decode_heads.fcn8s_head'],
        ),
        (
            'adaptseg/adaptseg_r101_gta2cs.py',
            ['mmseg_uda.models.backbones.deeplab_resnet', 'mmseg_uda.models.decode_heads.deeplabv2_head'],
        ),
        (
            'mic/mic_mitb5_gta2cs.py',
            [
                *('mmseg_uda.models.backbones.mit', 'mmseg_uda.models.backbones.multi_resolution'),
                *('mmseg_uda.models.decode_heads.daformer_head', 'mmseg_uda.models.decode_heads.hrda_head'),
            ],
        ),
    ],
)
def test_configs_name_what_mmseg_lacks(config, modules):
    plain = plain_config(Config.fromfile(ROOT / 'configs' / config))
    assert (plain.get('custom_imports') or {}).get('imports') == modules
    assert plain.model.type == 'EncoderDecoder' and 'adaptations' not in plain.model
    assert plain.test_dataloader.dataset.type == 'CityscapesDataset' and plain.test_evaluator.type == 'IoUMetric'
    assert 'Pretrained' not in plain.pretty_text
    if not modules:
        assert 'mmseg_uda' not in plain.pretty_text


def networks() -> dict[str, dict]:
    """``model`` of a few networks.

    FCN-8s upsamples by itself, DAST's ResNet is split by a neck, HRDA's backbone gives windows, and it is tested in
    sliding windows too.
    """
    models = {
        name: Config.fromfile(ROOT / 'configs' / path).model
        for name, path in (
            ('FCN-8s', 'sam/sam_vgg16_gta2cs.py'),
            ('split ResNet', 'dast/dast_r101_gta2cs.py'),
            ('HRDA', 'hrda/hrda_mini_gta2cs.py'),
        )
    }
    models['split ResNet'].backbone.depth = 50
    for model in models.values():
        model.adaptations = dict()
    return models


def assert_same_logits(ours: dict, size: tuple[int, int] = (64, 64)) -> dict:
    """The trained model and the exported one on one image of (H, W); what was exported."""
    torch.manual_seed(0)
    trained = MODELS.build(ours)
    plain = plain_model(ours)
    model = MODELS.build(plain)
    model.load_state_dict(plain_state_dict(trained.state_dict(), plain))
    image = torch.randint(0, 256, (3, *size), dtype=torch.uint8)
    with torch.no_grad():
        a, b = (net.eval().test_step(dict(inputs=[image]))[0].seg_logits.data for net in (trained, model))
    assert a.shape == (19, *size) and torch.equal(a, b)
    return plain


@pytest.mark.parametrize(('name', 'size'), [('FCN-8s', (64, 64)), ('split ResNet', (64, 64)), ('HRDA', (128, 192))])
def test_logits_of_our_networks_are_equal(name, size):
    plain = assert_same_logits(networks()[name], size)
    assert plain['test_cfg']['mode'] == ('slide' if name == 'HRDA' else 'whole')


@pytest.mark.parametrize('name', NETWORKS)
def test_logits_of_mmsegs_networks_are_equal(name):
    """Those of docs/networks.md, adapted; SegFormer, lists of auxiliary heads and the others."""
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    plain = assert_same_logits(adapted(name, 'AdaptSegNet'))
    assert 'mmseg_uda' not in ' '.join(foreign_modules(plain))


def test_initial_weights_are_left_behind():
    """However a part names them, also in a list."""
    pretrained = dict(type='Pretrained', checkpoint='nowhere.pth')
    model = Config.fromfile(ROOT / 'configs/adaptseg/adaptseg_mini_gta2cs.py').model
    model.pretrained = None
    model.backbone.update(pretrained='nowhere.pth')
    model.decode_head.init_cfg = [dict(type='Normal', layer='Conv2d', std=0.01), pretrained]
    model.auxiliary_head = [dict(model.decode_head, init_cfg=pretrained) for _ in range(2)]
    plain = plain_model(model)
    assert 'nowhere' not in repr(plain) and 'Normal' in repr(plain.pop('decode_head'))
    assert [head['type'] for head in plain['auxiliary_head']] == ['FCNHead'] * 2


def test_other_segmentors_are_refused_by_name():
    with pytest.raises(UserError, match=r"model\.type is 'CascadeEncoderDecoder'"):
        plain_model(dict(type='CascadeEncoderDecoder'))


def test_weights_of_another_network_are_refused():
    model = plain_model(Config.fromfile(ROOT / 'configs/source_only/source_only_mini_gta2cs.py').model)
    state = MODELS.build(model).state_dict()
    for change in (dict(extra=torch.zeros(1)), {'decode_head.conv_seg.bias': torch.zeros(3)}):
        with pytest.raises(UserError, match=f'1 weights .* such as {next(iter(change))}'):
            plain_state_dict({**state, **change}, model)
    with pytest.raises(UserError, match='1 weights'):
        plain_state_dict({k: v for k, v in state.items() if k != 'decode_head.conv_seg.bias'}, model)
