"""PLCA: memory and precision of its losses, what its adaptations do to a segmentor, and two processes."""

from pathlib import Path

import pytest
import torch
from mmengine.config import ConfigDict
from mmseg.models import SegTTAModel
from mmseg.registry import MODELS
from torch.nn.functional import interpolate
from torch.nn.parallel import DistributedDataParallel

from mmseg_uda.models.ops import aggregate_spatially
from tests.ranks import run_on_ranks
from tests.test_engine.nets import build_segmentor, domain_batch, pair_batch, segmentor_config

CHANNELS, CLASSES = 6, 5
VARIANTS = [('cosine', True), ('cosine', False), ('kl', False), ('kl', True)]
PLCA = dict(
    plca=dict(type='PixelCycleAssociation'),
    lovasz=dict(type='LovaszSoftmax'),
    label_smoothing=dict(type='AdaptiveLabelSmoothing'),
)


def losses_of(model, data):
    return model(**model.data_preprocessor(data, True), mode='loss')


def test_losses_of_a_step():
    model = build_segmentor(**PLCA)
    losses = losses_of(model, pair_batch(0))
    assert set(losses) == {
        'decode.loss_ce',
        'decode.acc_seg',
        'plca.loss_feature',
        'plca.valid_feature',
        'plca.loss_prediction',
        'plca.valid_prediction',
        'lovasz.loss_lovasz',
        'label_smoothing.loss_source',
        'label_smoothing.loss_target',
    }
    assert 0 < losses['plca.valid_feature'] < 1 and losses['plca.loss_prediction'] > 0
    model.parse_losses(losses)[0].backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())


def test_arguments_reach_the_losses():
    weights = {}
    for name, settings in dict(
        default={},
        double=dict(plca=dict(loss_weight=0.2), lovasz=dict(loss_weight=1.5), label_smoothing=dict(loss_weight=0.02)),
        other=dict(
            plca=dict(aggregation=0.0, objective='similarity'),
            lovasz=dict(ignore_index=0),
            label_smoothing=dict(threshold=None),
        ),
        paper=dict(plca=dict(normalize_kl_aggregation=True)),
        feature=dict(plca=dict(on=['feature'])),
    ).items():
        adaptations = {key: dict(cfg, **settings.get(key, {})) for key, cfg in PLCA.items()}
        weights[name] = losses_of(build_segmentor(norm='GN', **adaptations), pair_batch(0))
    terms = [key for key in weights['default'] if 'loss' in key and not key.startswith('decode')]
    for key in terms:
        torch.testing.assert_close(weights['double'][key], 2 * weights['default'][key])
        assert weights['other'][key] != weights['default'][key]
    assert weights['paper']['plca.loss_prediction'] != weights['default']['plca.loss_prediction']
    assert weights['paper']['plca.loss_feature'] == weights['default']['plca.loss_feature']
    assert 'plca.loss_prediction' not in weights['feature']


def test_ignored_source_leaves_exact_zeros_that_train():
    model = build_segmentor(**PLCA)
    batch = pair_batch(0)
    for sample in batch['source']['data_samples']:
        sample.gt_sem_seg.data.fill_(255)
    losses = losses_of(model, batch)
    terms = [losses[key] for key in ('plca.loss_feature', 'plca.loss_prediction', 'lovasz.loss_lovasz')]
    assert terms == [0, 0, 0]
    sum(terms).backward()
    assert all(p.grad is not None and not p.grad.any() for p in model.parameters())


def test_lovasz_trains_on_source_images_alone():
    model = build_segmentor(lovasz=PLCA['lovasz'])
    losses = losses_of(model, dict(source=pair_batch(0)['source']))
    assert losses['lovasz.loss_lovasz'] > 0


@pytest.mark.parametrize('normalize', [False, True])
def test_features_then_probabilities_are_aggregated_at_test(normalize):
    model = build_segmentor(norm='GN', plca=dict(PLCA['plca'], normalize_kl_aggregation=normalize)).eval()
    data = domain_batch(torch.Generator().manual_seed(0), (32, 64))
    images = model.data_preprocessor(data, False)['inputs']
    with torch.no_grad():
        plain = model.run_domain(images, None, 'source', training=False)
        features = aggregate_spatially(plain.features[1])
        prob = aggregate_spatially(model.decode_head((None, features)).softmax(dim=1), 'kl', 0.5, normalize)
        expected = interpolate(prob, (32, 64), mode='bilinear', align_corners=True)
        output = model.run_domain(images, None, 'target', training=False)
    torch.testing.assert_close(output.features[1], features)
    torch.testing.assert_close(output.logits.exp(), expected)
    predicted = model.test_step(data)
    torch.testing.assert_close(predicted[0].seg_logits.data.exp(), expected[0])
    assert torch.equal(predicted[0].pred_sem_seg.data[0], expected[0].argmax(dim=0))


def test_nothing_is_aggregated_in_training():
    model = build_segmentor(norm='GN', **PLCA)
    images = torch.rand(2, 3, 32, 64)
    a, b = (model.run_domain(images, None, domain, training=True).logits for domain in ('source', 'target'))
    assert torch.equal(a, b)


@pytest.mark.parametrize('settings', [dict(aggregate_at_test=False), dict(aggregation=0.0)])
def test_aggregation_at_test_can_be_left_out(settings):
    plain = build_segmentor(norm='GN').eval()
    model = build_segmentor(norm='GN', plca=dict(PLCA['plca'], **settings)).eval()
    images = torch.rand(1, 3, 32, 64)
    with torch.no_grad():
        assert torch.equal(model(images), plain(images))
    assert not model.adaptations['plca'].refines
    assert build_segmentor(plca=PLCA['plca']).adaptations['plca'].refines


@pytest.mark.parametrize('what', ['feature', 'prediction'])
def test_what_is_left_out_is_not_aggregated_at_test(what):
    model = build_segmentor(norm='GN', plca=dict(PLCA['plca'], on=[what])).eval()
    images = torch.rand(1, 3, 32, 64)
    with torch.no_grad():
        source, target = (model.run_domain(images, None, d, training=False) for d in ('source', 'target'))
    assert torch.equal(source.features[1], target.features[1]) == (what == 'prediction')
    assert (source.logits.shape == target.logits.shape) == (what == 'feature')


def test_tta_averages_the_aggregated_probabilities():
    """MMSeg takes a softmax of every view, which is why log-probabilities flow on."""
    model = build_segmentor(norm='GN', plca=PLCA['plca']).eval()
    data = domain_batch(torch.Generator().manual_seed(0), (32, 64), count=1)
    data['data_samples'][0].set_metainfo(dict(img_path='a.png'))
    flipped = dict(inputs=[x.flip(-1) for x in data['inputs']], data_samples=[data['data_samples'][0].clone()])
    flipped['data_samples'][0].set_metainfo(dict(flip=True, flip_direction='horizontal'))
    with torch.no_grad():
        views = [model.test_step(view)[0].seg_logits.data for view in (data, flipped)]
        merged = SegTTAModel(module=model).test_step(
            dict(
                inputs=[data['inputs'], flipped['inputs']],
                data_samples=[data['data_samples'], flipped['data_samples']],
            )
        )
    mean = (views[0].exp() + views[1].exp()) / 2  # a prediction of a flipped image is flipped back
    assert torch.equal(merged[0].pred_sem_seg.data[0], mean.argmax(dim=0))


def test_settings_are_checked():
    for cfg, message in (
        (dict(on=['logits']), 'on is'),
        (dict(on=[]), 'on is'),
        (dict(objective='mean'), 'objective must be'),
    ):
        with pytest.raises(ValueError, match=message):
            build_segmentor(plca=dict(PLCA['plca'], **cfg))


def test_heads_that_it_does_not_fit_are_named():
    fcn = ConfigDict(segmentor_config(**PLCA), backbone=dict(type='FCN8sVGG'))
    fcn.decode_head = dict(type='FCN8sHead', num_classes=CLASSES)
    with torch.device('meta'), pytest.raises(ValueError, match=r'adaptations\.plca .*FCN8sHead'):
        MODELS.build(fcn)
    several = segmentor_config(**PLCA)
    several.decode_head.update(in_channels=[8, 16], in_index=[0, 1], input_transform='resize_concat')
    assert MODELS.build(several).adaptations['plca'].in_index == 1
    several.adaptations.plca.in_index = 0
    model = MODELS.build(several).eval()
    with torch.no_grad():
        source, target = (
            model.run_domain(torch.rand(1, 3, 32, 64).fill_(0.5), None, d, training=False) for d in ('source', 'target')
        )
    assert not torch.equal(source.features[0], target.features[0])
    assert torch.equal(source.features[1], target.features[1])


# Two processes, one of which has no valid cycle.


def _train(rank: int, folder: Path) -> None:
    model = DistributedDataParallel(build_segmentor(norm='GN', **PLCA))
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    for step in range(2):
        batch = pair_batch(2 * step + rank)
        if rank == step:  # each rank once
            for sample in batch['source']['data_samples']:
                sample.gt_sem_seg.data.fill_(255)
        data = model.module.data_preprocessor(batch, True)
        losses = model(**data, mode='loss')
        assert (losses['plca.loss_feature'] == 0) == (rank == step)
        total, _ = model.module.parse_losses(losses)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
    torch.save(model.module.state_dict(), f'{folder}/{rank}.pth')


@pytest.mark.dist
def test_a_rank_without_valid_cycles_keeps_up(tmp_path):
    run_on_ranks(_train, tmp_path)
    first, second = (torch.load(tmp_path / f'{rank}.pth') for rank in range(2))
    start = build_segmentor(norm='GN', **PLCA).state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert all(value.isfinite().all() for value in first.values())
    assert sum(not torch.equal(first[key], start[key]) for key in first) > 10
