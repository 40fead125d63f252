"""The teacher's modes, random draws, and mistakes in configs of the self-ensembling adaptations."""

import math

import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.runner import set_random_seed
from mmseg.registry import MODELS

from mmseg_uda.errors import UserError
from mmseg_uda.models.adaptations import FeatureDistance
from mmseg_uda.models.ops import StrongAugmentation, candidate_classes, choose_classes
from tests.test_engine.nets import EVERY_ADAPTATION, build_segmentor, pair_batch, segmentor_config

TEACHER = EVERY_ADAPTATION['EMATeacher']
MIX = dict(type='ClassMix')


def losses_of(model, batch: dict) -> dict:
    return model(**model.data_preprocessor(batch, True), mode='loss')


def test_the_teacher_normalizes_as_the_network_but_drops_nothing():
    config = ConfigDict(segmentor_config(teacher=TEACHER))
    config.backbone = dict(
        type='MiT', embed_dims=4, num_layers=(1, 1, 1, 1), num_heads=(1, 2, 2, 2), drop_path_rate=0.5
    )
    config.decode_head = dict(
        type='DAFormerHead', in_channels=(4, 8, 8, 8), channels=4, embed_dims=4, num_classes=5, dropout_ratio=0.5
    )
    model = MODELS.build(config).train()
    student, teacher = (
        {name.rpartition('module.')[2]: module.training for name, module in part.named_modules()}
        for part in (model.decode_head, model.adaptations.teacher.teacher.module[1])
    )
    assert [name for name, training in student.items() if training and not teacher[name]] == ['dropout']
    dropping = [m for m in model.adaptations.teacher.modules() if type(m).__name__ == 'DropPath']
    assert dropping and not any(m.training for m in dropping)
    with torch.no_grad():
        images = torch.randn(2, 3, 32, 32)
        assert torch.equal(*(model.adaptations.teacher.teacher(images) for _ in range(2)))


def test_first_step_copies_the_loaded_weights():
    model = build_segmentor(teacher=TEACHER).train()
    with torch.no_grad():
        model.decode_head.conv_seg.bias.fill_(3.0)  # a checkpoint, after the teacher was made
    losses_of(model, pair_batch(0))
    assert torch.equal(model.adaptations.teacher.teacher.module[1].conv_seg.bias, model.decode_head.conv_seg.bias)


@pytest.mark.parametrize(
    ('adaptations', 'same_size', 'message'),
    [
        (dict(mix=MIX), True, r"no labels of a teacher 'teacher'.*EMATeacher"),
        (dict(teacher=TEACHER, mix=dict(MIX, teacher='other')), True, "no labels of a teacher 'other'"),
        (
            dict(teacher=TEACHER, mix=MIX),
            False,
            r'adaptations\.mix \(ClassMix\).*\(2, 3, 32, 64\) and \(2, 3, 40, 48\)',
        ),
    ],
)
def test_mistakes_are_named(adaptations, same_size, message):
    model = build_segmentor(**adaptations).train()
    with pytest.raises(UserError, match=message):
        losses_of(model, pair_batch(0, same_size=same_size))


def test_wrong_arguments():
    with pytest.raises(UserError, match=r'adaptations\.masked: domains is'):
        build_segmentor(masked=dict(type='MaskedImageConsistency', domains=('targets',)))
    with pytest.raises(UserError, match=r'adaptations\.mix: classes_from'):
        build_segmentor(mix=dict(MIX, classes_from='images'))
    config = segmentor_config(teacher=TEACHER, mix=MIX)
    config.data_preprocessor = dict(type='UDADataPreprocessor', size_divisor=1)
    with pytest.raises(UserError, match=r'adaptations\.mix\.augmentation jitters.*data_preprocessor\.mean'):
        MODELS.build(config)


def test_features_are_compared_with_pretrained_ones(tmp_path):
    distance = dict(type='FeatureDistance', classes=(0, 1, 2, 3, 4), min_share=0.0)
    with pytest.raises(UserError, match=r'adaptations\.distance .*model\.backbone\.init_cfg'):
        build_segmentor(distance=distance)
    config = segmentor_config(distance=distance)
    weights = MODELS.build(config.backbone).state_dict()
    torch.save(dict(state_dict=weights), tmp_path / 'resnet.pth')
    config.backbone.init_cfg = dict(type='Pretrained', checkpoint=str(tmp_path / 'resnet.pth'))
    model = MODELS.build(config)
    model.init_weights()
    reference = model.train().adaptations.distance.reference
    assert not reference.training and not any(p.requires_grad for p in reference.parameters())
    for key, value in reference.state_dict().items():
        assert torch.equal(value, weights[key]), key
    assert losses_of(model, pair_batch(0))['distance.loss_distance'] > 0


def test_no_cell_of_a_thing_is_a_loss_of_zero():
    distance = FeatureDistance(classes=(4,), min_share=1.0)
    model = build_segmentor().train()
    distance.setup(model)
    batch = model.data_preprocessor(pair_batch(0), True)
    source = model.run_domain(batch['inputs']['source'], batch['data_samples']['source'], 'source', training=True)
    losses = distance.source_loss(model, source)
    losses['loss_distance'].backward()
    assert losses['loss_distance'] == 0 and losses['cells'] == 0
    assert model.backbone.conv1.weight.grad.abs().max() == 0


def test_half_of_the_values_are_chosen():
    labels = torch.tensor([[[3, 3, 255, 0]], [[7, 7, 7, 7]]])
    (values, _), own = candidate_classes(labels), candidate_classes(labels, 'image')
    assert values.tolist() == [0, 3, 7, 255] and own[1].tolist() == [7]
    assert choose_classes(values, torch.tensor([3, 1, 0, 2])).tolist() == [255, 3]
    assert choose_classes(own[0], torch.tensor([2, 0, 1])).tolist() == [255, 0]  # half of three is two


def test_draws_of_the_augmentation():
    augment = StrongAugmentation(torch.zeros(3), torch.ones(3), strength=0.2)
    set_random_seed(0)
    draws = [augment.draw(2) for _ in range(400)]
    jittered = sum(d.u_jitter > augment.jitter_above for d in draws) / len(draws)
    blurred = sum(d.u_blur > augment.blur_above for d in draws) / len(draws)
    assert jittered == pytest.approx(0.8, abs=0.08) and blurred == pytest.approx(0.5, abs=0.08)
    factors = torch.stack([d.factors for d in draws])
    center = torch.tensor([1.0, 1.0, 1.0, 0.0])
    assert (factors - center).abs().max() <= 0.2 + 1e-6
    assert (factors.mean(dim=(0, 1)) - center).abs().max() < 0.03
    assert all(sorted(order) == [0, 1, 2, 3] for d in draws for order in d.order)
    assert {d.order[0] == d.order[1] for d in draws} == {True, False}
    assert all(0.15 <= sigma <= 1.15 for d in draws for sigma in d.sigma)
    shared = StrongAugmentation(torch.zeros(3), torch.ones(3), same_for_all=True).draw(2)
    assert shared.order[0] == shared.order[1] and shared.sigma[0] == shared.sigma[1]
    assert not torch.equal(shared.factors[0], shared.factors[1])


def test_autocast_leaves_the_augmentation_alone():
    augment = StrongAugmentation(torch.zeros(3), torch.ones(3), jitter_above=-math.inf, blur_above=-math.inf)
    images, draws = torch.randn(2, 3, 16, 16), augment.draw(2)
    with torch.autocast('cpu', torch.bfloat16):
        assert torch.equal(augment(images, draws), augment(images, draws).float())
        under = augment(images, draws)
    assert torch.equal(under, augment(images, draws))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs CUDA')
def test_a_step_on_gpu_draws_what_one_on_cpu_draws():
    methods = dict(teacher=TEACHER, mix=MIX, masked=dict(type='MaskedImageConsistency', block=8))
    logs = []
    for device in ('cpu', 'cuda'):
        model = build_segmentor(**methods).train().to(device)
        set_random_seed(0)
        logs.append(model.parse_losses(losses_of(model, pair_batch(0, same_size=True)))[1])
    for name, value in logs[0].items():
        torch.testing.assert_close(logs[1][name].cpu(), value, rtol=1e-3, atol=1e-4, msg=name)
