"""SAM's module and its two adaptations: memory, what is trained and what is not, its weights."""

from pathlib import Path

import pytest
import torch
from mmengine.optim import build_optim_wrapper
from mmseg.registry import MODELS
from torch.nn.parallel import DistributedDataParallel

from mmseg_uda.models.ops.chunks import CHUNK_BYTES
from tests.ranks import run_on_ranks
from tests.test_engine.nets import CLASSES, build_segmentor, pair_batch, segmentor_config

from .largest_tensor import LargestTensor

MODULE = dict(type='SelfAttentionModule', channels=CLASSES)
FEATURE_MODULE = dict(type='SelfAttentionModule', channels=16)
TRAINING = dict(type='SelfAttentionTraining', module=MODULE)
TRANSFER = dict(type='SelfAttentionTransfer', module=MODULE)


def losses_of(model, data):
    data = model.data_preprocessor(data, True)
    return model(**data, mode='loss')


def test_transfer_makes_no_map_of_all_pairs_either():
    adaptation = MODELS.build(TRANSFER)
    with LargestTensor() as largest:
        adaptation.distance(torch.randn(1, CLASSES, 48, 72, requires_grad=True)).backward()
    assert CHUNK_BYTES / 2 < 4 * largest.elements <= CHUNK_BYTES


def test_training_replaces_the_supervised_loss_and_reaches_every_parameter():
    torch.manual_seed(0)
    model = MODELS.build(dict(segmentor_config(sam_module=TRAINING), source_loss_weight=0))
    losses = losses_of(model, dict(source=pair_batch(0)['source']))
    assert [name for name in losses if 'loss' in name] == ['sam_module.loss_ce']
    model.parse_losses(losses)[0].backward()
    assert [name for name, p in model.named_parameters() if p.grad is None] == []
    assert model.adaptations['sam_module'].module.conv.weight.grad.abs().sum() > 0


def test_training_loss_is_the_heads_on_the_sum():
    model = build_segmentor(sam_module=TRAINING, no_skip=dict(TRAINING, skip=False))
    model.adaptations['no_skip'].load_state_dict(model.adaptations['sam_module'].state_dict())
    data = model.data_preprocessor(dict(source=pair_batch(0)['source']), True)
    losses = model(**data, mode='loss')
    z = model.run_domain(data['inputs']['source'], None, 'source', training=True).logits
    attended = model.adaptations['sam_module'].module(z)
    labels = torch.cat([sample.gt_sem_seg.data for sample in data['data_samples']['source']])
    for name, logits in (('sam_module', z + attended), ('no_skip', attended)):
        logits = torch.nn.functional.interpolate(logits, size=(32, 64), mode='bilinear', align_corners=True)
        expected = torch.nn.functional.cross_entropy(logits, labels)
        torch.testing.assert_close(losses[f'{name}.loss_ce'], expected)


def test_transfer_trains_the_network_and_never_the_module():
    model = build_segmentor(sam=TRANSFER)
    module = model.adaptations['sam'].module
    assert not any(p.requires_grad for p in module.parameters())
    assert 'adaptations.sam.module.conv.weight' in model.state_dict()
    cfg = dict(constructor='JointOptimWrapperConstructor', segmentor=dict(optimizer=dict(type='SGD', lr=0.1)))
    optim_wrapper = build_optim_wrapper(model, cfg)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    log = model.train_step(pair_batch(0), optim_wrapper)
    assert {'sam.loss_source', 'sam.loss_target'} <= set(log)
    moved = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    assert {name.split('.')[0] for name in moved} == {'backbone', 'decode_head'}


@pytest.mark.parametrize('follow', ['residual', 'attended'])
def test_transfer_follows_what_it_is_told_to(follow):
    adaptation = MODELS.build(dict(TRANSFER, follow=follow))
    z = torch.randn(2, CLASSES, 4, 6, requires_grad=True)
    attended = adaptation.module(z).detach()
    expected = attended.abs().mean() if follow == 'residual' else (z - attended).abs().mean()
    torch.testing.assert_close(adaptation.distance(z), expected)


def test_transfer_counts_the_domains_it_is_told_to():
    model = build_segmentor(both=TRANSFER, target=dict(TRANSFER, domains=['target'], loss_weight=1.0))
    model.adaptations['target'].load_state_dict(model.adaptations['both'].state_dict())
    losses = losses_of(model, pair_batch(0))
    assert {name for name in losses if name.startswith(('both.', 'target.'))} == {
        'both.loss_source',
        'both.loss_target',
        'target.loss_target',
    }
    torch.testing.assert_close(losses['target.loss_target'], 10 * losses['both.loss_target'])
    target_only = losses_of(model, dict(target=pair_batch(0)['target']))
    assert 'both.loss_target' in target_only and 'both.loss_source' not in target_only


def test_features_in_both_runs():
    feature = dict(module=FEATURE_MODULE, on='feature')
    torch.manual_seed(0)
    model = MODELS.build(dict(segmentor_config(sam_module=dict(TRAINING, **feature)), source_loss_weight=0))
    model.parse_losses(losses_of(model, dict(source=pair_batch(0)['source'])))[0].backward()
    assert [name for name, p in model.named_parameters() if p.grad is None] == []
    model = build_segmentor(sam=TRANSFER, sam_feature=dict(TRANSFER, **feature))
    losses = losses_of(model, pair_batch(0))
    losses['sam_feature.loss_target'].backward(retain_graph=True)
    assert model.backbone.conv1.weight.grad.abs().sum() > 0
    assert model.decode_head.conv_seg.weight.grad is None  # the head lies behind the feature
    losses['sam.loss_target'].backward()
    assert model.decode_head.conv_seg.weight.grad.abs().sum() > 0


def test_without_a_convolution_nothing_has_to_be_trained():
    model = build_segmentor(sam=dict(TRANSFER, module=dict(MODULE, conv=False)))
    assert not list(model.adaptations['sam'].parameters())
    assert losses_of(model, pair_batch(0))['sam.loss_target'] > 0


def test_weights_arrive_by_init_cfg(tmp_path):
    trained = build_segmentor(seed=1, sam_module=TRAINING)
    torch.save(dict(state_dict=trained.state_dict()), tmp_path / 'module.pth')
    init_cfg = dict(type='Pretrained', checkpoint=str(tmp_path / 'module.pth'), prefix='adaptations.sam_module.module')
    model = build_segmentor(sam=dict(TRANSFER, module=dict(MODULE, init_cfg=init_cfg)))
    wanted, got = trained.adaptations['sam_module'].module.conv, model.adaptations['sam'].module.conv
    assert torch.equal(wanted.weight, got.weight) and torch.equal(wanted.bias, got.bias)
    assert not torch.equal(trained.decode_head.conv_seg.weight, model.decode_head.conv_seg.weight)


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        (dict(module=dict(MODULE, channels=19)), r'model\.adaptations\.sam\.module\.channels is 19.*set channels=5'),
        (dict(on='feature'), r'module\.channels is 5, but the feature .* 16 channels'),
        (dict(on='pixel'), 'on must be'),
        (dict(follow='z'), 'follow must be'),
        (dict(kind='l2'), 'kind must be'),
        (dict(domains=('source',)), 'domains is'),
    ],
)
def test_wrong_values_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        build_segmentor(sam={**TRANSFER, **changes})


def test_a_head_that_reads_several_outputs_has_no_one_feature():
    cfg = segmentor_config(sam=dict(TRANSFER, on='feature'))
    cfg.decode_head = dict(type='FCN8sHead', num_classes=CLASSES, in_channels=(8, 8, 16))
    with pytest.raises(ValueError, match=r"on is 'feature', but FCN8sHead reads the outputs"):
        MODELS.build(cfg)


def test_fcn8s_attends_to_the_whole_score():
    """Documented reading: cells on the padding take part."""
    head = MODELS.build(dict(type='FCN8sHead', num_classes=CLASSES, in_channels=(8, 8, 16)))
    model = build_segmentor(sam_module=TRAINING)
    model.decode_head = head
    features = (torch.randn(1, 8, 29, 33), torch.randn(1, 8, 15, 17), torch.randn(1, 16, 2, 3))
    z = head(features)
    assert model.upsample(z + model.adaptations['sam_module'].module(z), (32, 48)).shape == (1, CLASSES, 32, 48)


def train_on_rank(rank: int, folder: Path) -> None:
    cfg = dict(constructor='JointOptimWrapperConstructor', segmentor=dict(optimizer=dict(type='SGD', lr=0.01)))
    states = []
    for adaptations, weight, domains in (
        (dict(sam_module=TRAINING), 0, ('source',)),
        (dict(sam=TRANSFER), 1, ('source', 'target')),
    ):
        torch.manual_seed(rank)  # DDP gives all ranks the weights of the first
        model = MODELS.build(dict(segmentor_config('GN', **adaptations), source_loss_weight=weight))
        ddp = DistributedDataParallel(model)
        optim_wrapper = build_optim_wrapper(ddp, cfg)
        for step in range(2):
            batch = {domain: pair_batch(10 * rank + step)[domain] for domain in domains}
            loss = model.parse_losses(ddp(**model.data_preprocessor(batch, True), mode='loss'))[0]
            optim_wrapper.update_params(loss)
        states.append(model.state_dict())
    torch.save(states, f'{folder}/{rank}.pth')


@pytest.mark.dist
def test_ranks_stay_equal_in_both_runs(tmp_path):
    run_on_ranks(train_on_rank, tmp_path)
    ranks = [torch.load(tmp_path / f'{rank}.pth', weights_only=True) for rank in range(2)]
    for one, two in zip(*ranks, strict=True):
        assert all(torch.equal(value, two[name]) for name, value in one.items())
