"""HRDA's fusion: fused, context and detail logits, losses, gradients; crops and windows."""

import math

import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mmseg_uda.models.ops.multi_resolution import Views, draw_box, stitch, windows

from .parity import assert_close, cases
from .released_network import build, probe, weighted_sum

FUSIONS = [c for c in cases('hrda_fusion.npz') if c.name.startswith('A_')]
BOXES = [c for c in cases('hrda_fusion.npz') if c.name.startswith('B_')]
RTOL = 1e-8
LEVELS = 4


def loaded(case):
    """Head with the recipe's weights, context and detail levels, and what they are views of."""
    channels = tuple(case[f'lr{i}'].shape[1] for i in range(LEVELS))
    shapes = dict(zip(case['sd_keys'].tolist(), case['sd_shapes'].tolist(), strict=True))
    embed_dims = int(shapes['head.embed_layers.0.proj.bias'])
    width = int(shapes['head.fuse_layer.bottleneck.bn.weight'])
    head = dict(type='DAFormerHead', in_channels=channels, channels=width, embed_dims=embed_dims, dropout_ratio=0)
    small = case['attention_embed_dim']
    attention = dict(head, fusion='conv1', channels=small, embed_dims=small)
    cfg = dict(
        type='HRDAHead',
        num_classes=case['num_classes'],
        head=head,
        attention=attention if math.isnan(case['fixed_attention']) else case['fixed_attention'],
        classwise=bool(case['classwise']),
        detail_weight=case['hr_weight'],
        context_weight=case['lr_weight'],
    )
    head = build(decode_head=cfg)['decode_head'].train()
    head.load_state_dict(case.recipe_state_dict(), strict=True)
    context, detail = ([case.tensor(f'{kind}{i}').requires_grad_() for i in range(LEVELS)] for kind in ('lr', 'hr'))
    boxes = [case['box']] if case['mode'] == 'crop' else case['boxes']
    size = tuple(4 * side * 2 for side in case['lr0'].shape[2:])  # stride 4 at half the size
    views = Views(size, [tuple(map(int, box)) for box in boxes], drawn=case['mode'] == 'crop')
    return head, context, detail, views


def assert_gradients(case, head, context, detail) -> None:
    for kind, levels in (('lr', context), ('hr', detail)):
        for i, level in enumerate(levels):
            assert_close(level.grad, case[f'd_{kind}{i}'], RTOL)
    gradients = {name: p.grad for name, p in head.named_parameters()}
    gradients = [gradients[name] for name in case['param_names']]
    assert_close([value.norm().item() for value in gradients], case['grad_norm'], RTOL)
    assert_close([probe(value) for value in gradients], case['grad_probe'], RTOL)


@pytest.mark.parametrize('case', [c for c in FUSIONS if c['mode'] == 'crop'], ids=str)
def test_training(case):
    head, context, detail, views = loaded(case)
    fused, scales = head((views, *detail, *context))
    assert_close(fused, case['fused'], RTOL)
    assert_close(scales.detail, case['detail'], RTOL)
    assert_close(scales.context, case['context'], RTOL)
    labels = case.tensor('label').long()
    weights = case.tensor('weight') if 'weight' in case else None
    losses = head.pixel_losses((fused, scales), labels, weights)
    assert_close(losses['loss_seg'], case['loss_fused'], RTOL)
    for name, weight, key in (('detail', 'hr_weight', 'loss_hr'), ('context', 'lr_weight', 'loss_lr')):
        if case[weight]:
            assert_close(losses[f'loss_{name}'], case[key], RTOL)
    sum(losses.values()).backward()
    assert_gradients(case, head, context, detail)


@pytest.mark.parametrize('case', [c for c in FUSIONS if c['mode'] == 'crop'], ids=str)
def test_losses_of_samples_are_those_of_pixels(case):
    head, context, detail, views = loaded(case)
    logits = head((views, *detail, *context))
    labels = case.tensor('label').long()
    expected = head.pixel_losses(logits, labels, None)
    losses = head.loss_by_feat(logits, [SegDataSample(gt_sem_seg=PixelData(data=label[None])) for label in labels])
    assert_close(losses['loss_ce'], expected['loss_seg'], RTOL)
    assert losses.keys() - {'loss_ce', 'acc_seg'} == expected.keys() - {'loss_seg'}
    for name in expected.keys() - {'loss_seg'}:
        assert_close(losses[name], expected[name], RTOL)


@pytest.mark.parametrize('case', [c for c in FUSIONS if c['mode'] == 'windows'], ids=str)
def test_windows(case):
    head, context, detail, views = loaded(case)
    fused = head((views, *detail, *context))
    assert_close(fused, case['fused'], RTOL)
    weighted_sum(fused).backward()
    assert_gradients(case, head, context, detail)
    size = case['detail'].shape[2:]
    with torch.no_grad():
        assert_close(stitch(head.head(detail), views.scaled(size), size), case['detail'], RTOL)


@pytest.mark.parametrize('case', BOXES, ids=lambda c: f'{c}_{c.index}')
def test_boxes(case):
    size, window = case['size'].tolist(), case['crop'].tolist()
    half = [side // 2 for side in window]
    np.testing.assert_array_equal(windows(size, window, half), case['windows'])
    np.testing.assert_array_equal(windows(size, window, window), case['windows_apart'])
    np.random.seed(case['legacy_seed'])
    drawn = [draw_box(size, window, case['divisible']) for _ in case['train_boxes']]
    np.testing.assert_array_equal(drawn, case['train_boxes'])
