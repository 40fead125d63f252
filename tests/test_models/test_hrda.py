"""A network at two resolutions: what it draws, its memory-saving form, its initial weights, mistakes in configs."""

import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.runner import set_random_seed
from mmseg.registry import MODELS

from mmseg_uda.errors import UserError
from mmseg_uda.models import UDASegmentor
from mmseg_uda.models.backbones.multi_resolution import MultiResolution
from mmseg_uda.models.ops.multi_resolution import Views, stitch
from tests.test_engine.nets import domain_batch, segmentor_config
from tests.test_engine.test_step_in_parts import gradients, in_parts, wrapper_for

MIT = dict(type='MiT', embed_dims=4, num_layers=(1, 1, 1, 1), num_heads=(1, 2, 2, 2), drop_path_rate=0.5)
HEAD = dict(type='DAFormerHead', in_channels=(4, 8, 8, 8), channels=4, embed_dims=4)
TEACHER = dict(type='EMATeacher', threshold=0.2)
ATTENTION = dict(HEAD, fusion='conv1')
METHODS = dict(
    teacher=TEACHER,
    mix=dict(type='ClassMix'),
    masked=dict(type='MaskedImageConsistency', block=16),
    distance=dict(type='FeatureDistance', classes=(0, 1, 2, 3, 4), min_share=0.0),
)


def build(adaptations=METHODS, head=None, **options) -> UDASegmentor:
    torch.manual_seed(0)
    config = segmentor_config(**adaptations)
    config.backbone = dict(type='MultiResolution', backbone=MIT, detail=(32, 32), stride=(16, 16))
    config.decode_head = dict(dict(type='HRDAHead', num_classes=5, head=HEAD, attention=ATTENTION), **(head or {}))
    return MODELS.build(ConfigDict(config, **options))


def batch(seed: int = 0) -> dict:
    generator = torch.Generator().manual_seed(seed)
    set_random_seed(seed)
    return dict(source=domain_batch(generator, (64, 64)), target=domain_batch(generator, (64, 64), labelled=False))


def test_activation_checkpointing_changes_nothing():
    results = []
    for checkpointing in (False, True):
        model = build(activation_checkpointing=checkpointing).double().train()
        log, parts = in_parts(model, batch())
        results.append((log, parts, model.state_dict()))
    assert 'masked.loss_detail' in results[0][0]
    for plain, recomputed in zip(*results, strict=True):
        assert plain.keys() == recomputed.keys()
        for key, value in plain.items():
            torch.testing.assert_close(recomputed[key], value, rtol=1e-11, atol=1e-11, msg=key)


def test_parts_give_the_gradient_of_the_sum():
    model = build().double().train()
    total, _ = model.parse_losses(model(**model.data_preprocessor(batch(), True), mode='loss'))
    total.backward()
    expected = gradients(model)
    other = build().double().train()
    _, parts = in_parts(other, batch())
    assert parts.keys() == expected.keys() and any('scale_attention' in key for key in parts)
    for key, value in expected.items():
        torch.testing.assert_close(parts[key], value, rtol=1e-11, atol=1e-11, msg=key)


def test_each_run_draws_another_crop_but_the_teacher_sees_windows():
    model = build().train()
    student, teacher = [], []
    views = MultiResolution.views

    def remember(backbone, size):
        seen = views(backbone, size)
        (teacher if backbone.whole else student).append(seen)
        return seen

    model.backbone.views = lambda size: remember(model.backbone, size)
    copy = model.adaptations.teacher.teacher.module[0]
    copy.views = lambda size: remember(copy, size)
    model.train_step(batch(), wrapper_for(model))
    assert len(student) == 3 and all(v.drawn and len(v.boxes) == 1 for v in student)
    assert len({tuple(v.boxes) for v in student}) > 1
    assert [len(v.boxes) for v in teacher] == [9] and not teacher[0].drawn
    assert not model.eval().backbone.views((64, 64)).drawn


@pytest.mark.parametrize('attention', [0.0, 1.0])
def test_constant_attention(attention):
    """0 is the context alone, 1 the detail alone."""
    model = build({}, dict(attention=attention)).eval()
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        views, *levels = model.backbone(images)
        fused = model.decode_head((views, *levels))
        if attention:
            expected = stitch(model.decode_head.head(levels[:4]), views.scaled((16, 16)), (16, 16))
        else:
            expected = torch.nn.functional.interpolate(model.decode_head.head(levels[4:]), (16, 16), mode='bilinear')
    torch.testing.assert_close(fused, expected)


def test_context_and_detail_have_their_shares_of_the_loss():
    values = {}
    for weights in ((0.0, 0.0), (0.2, 0.0), (0.0, 0.3), (0.2, 0.3)):
        model = build({}, dict(detail_weight=weights[0], context_weight=weights[1])).train()
        data = model.data_preprocessor(batch(), True)
        losses = model.loss(data['inputs'], data['data_samples'])
        values[weights] = {name: value.item() for name, value in losses.items() if 'loss' in name}
    whole = values[0.0, 0.0]['decode.loss_ce']
    for (detail, context), losses in values.items():
        assert losses['decode.loss_ce'] == pytest.approx((1 - detail - context) * whole, rel=1e-5)
        assert ('decode.loss_detail' in losses, 'decode.loss_context' in losses) == (detail > 0, context > 0)


def test_a_detached_output_keeps_no_graph():
    model = build({}).train()
    data = model.data_preprocessor(batch(), True)
    output = model.run_domain(data['inputs']['source'], data['data_samples']['source'], 'source', training=True)
    assert output.head_output().extras.detail.requires_grad
    logits, scales = output.detached().head_output()
    assert not any(maps.requires_grad for maps in (logits, scales.detail, scales.context))
    assert scales.box == output.extras.box


def test_channels_of_the_tap_are_the_context_s():
    model = build({})
    assert model.tap_channels() == 8 and model.feature_channels() == [0, *[4, 8, 8, 8] * 2]


def test_initial_weights_of_both_heads():
    head = build({}, dict(head=dict(HEAD, channels=256), attention=dict(ATTENTION, channels=128))).decode_head
    head.init_weights()
    assert not hasattr(head, 'conv_seg')
    for part in (head.head, head.scale_attention):
        assert part.conv_seg.weight.std().item() == pytest.approx(0.01, rel=0.1)


def test_one_attention_for_all_classes():
    model = build({}, dict(classwise=False)).eval()
    with torch.no_grad():
        _, *levels = model.backbone(torch.randn(1, 3, 64, 64))
        assert model.decode_head.attention(levels[4:]).shape[:2] == (1, 1)


def test_boxes_scale_with_the_map():
    views = Views((64, 128), [(8, 40, 16, 48)], drawn=True)
    assert views.scaled((8, 16)) == [(1, 5, 2, 6)]


def test_mistakes_are_named():
    with pytest.raises(UserError, match=r'model\.backbone\.detail is \(36, 32\); expected multiples of divisible=8'):
        MultiResolution(MIT, detail=(36, 32))
    with pytest.raises(UserError, match=r'images of 60x64.*test_cfg'):
        build({}).eval().backbone(torch.empty(1, 3, 60, 64))
    config = segmentor_config()
    config.backbone, config.decode_head = MIT, dict(type='HRDAHead', num_classes=5, head=HEAD, attention=0.5)
    with pytest.raises(UserError, match='MultiResolution'):
        MODELS.build(config).eval()(torch.empty(1, 3, 64, 64), mode='tensor')
