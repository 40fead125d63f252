"""A step in parts has the gradients of one backward pass over everything: alone, and on two ranks."""

import copy
from pathlib import Path

import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import build_optim_wrapper
from mmengine.runner import set_random_seed
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from torch import Tensor

from mmseg_uda.errors import UserError
from mmseg_uda.models import UDASegmentor
from mmseg_uda.models import adaptations as rooms
from mmseg_uda.models.adaptations import Adaptation
from tests.ranks import run_on_ranks

from .nets import ADVERSARY, ATTENTION, EVERY_ADAPTATION, build_segmentor, pair_batch, segmentor_config


@MODELS.register_module(force=True)
class Flipped(Adaptation):
    """Two passes of its own on flipped target images, which the network does not see otherwise."""

    requires = ('target',)
    forwards = ()

    def prepare(self, segmentor, source, target):
        logits = segmentor.run_domain(target.inputs, None, 'labelled', training=False).full_logits()
        target.store[self.name] = dict(labels=logits.argmax(dim=1))

    def passes(self, segmentor, source, target):
        for name, axis in (('rows', 2), ('columns', 3)):
            output = segmentor.run_domain(target.inputs.flip(axis), None, 'flipped', training=True)
            labels = target.store[self.name]['labels'].flip(axis - 1)
            yield {f'loss_{name}': torch.nn.functional.cross_entropy(output.full_logits(), labels)}


EVERY = {**EVERY_ADAPTATION, 'Flipped': dict(type='Flipped')}
TAUGHT = ('ClassMix', 'MaskedImageConsistency')
MIXTURES = {name: {name: cfg} for name, cfg in EVERY.items()}
MIXTURES |= {name: dict(EMATeacher=EVERY['EMATeacher'], **MIXTURES[name]) for name in TAUGHT}
MIXTURES |= dict(
    none={},
    dast=dict(attention=ATTENTION, corrector=dict(ADVERSARY, kind='ls', attention_from='attention')),
    daformer_and_mic={name: EVERY[name] for name in ('EMATeacher', *TAUGHT, 'FeatureDistance')},
    everything_but_cycles={name: cfg for name, cfg in EVERY.items() if name != 'PixelCycleAssociation'},
)


def test_every_adaptation_is_here():
    bases = {'Adaptation', 'SelfAttentionModule'}
    assert set(EVERY_ADAPTATION) == set(rooms.__all__) - bases


def random_model(name: str, norm: str = 'BN', auxiliary: bool = False, **options) -> UDASegmentor:
    """Without ``init_weights``, whose zeros would leave half of the layers without a gradient."""
    torch.manual_seed(0)
    return MODELS.build(ConfigDict(segmentor_config(norm, auxiliary, **MIXTURES[name]), **options)).train()


def labelled_batch(seed: int, name: str = 'none') -> dict:
    """A batch with pseudo labels, some of them missing, and confidences on the target; for the mixture ``name``.

    Random numbers that the step draws depend on the seed too.
    """
    batch = pair_batch(seed, target_labels=True, same_size='ClassMix' in MIXTURES[name])
    set_random_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    for sample in batch['target']['data_samples']:
        labels = sample.gt_sem_seg.data
        labels[:, ::3] = 255  # as many on each image
        confidence = torch.randint(1, 256, labels.shape, generator=generator, dtype=torch.uint8)
        sample.pseudo_confidence = PixelData(data=confidence)
    return batch


def wrapper_for(model: UDASegmentor, **options):
    sgd = dict(optimizer=dict(type='SGD', lr=1.0))
    config = dict(constructor='JointOptimWrapperConstructor', segmentor=sgd, discriminators=sgd, **options)
    return build_optim_wrapper(model, config)


def assert_close(a: Tensor, b: Tensor, name: str, tolerance: float = 1e-11) -> None:
    torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance, msg=lambda message: f'{name}: {message}')


def gradients(model: UDASegmentor) -> dict[str, Tensor]:
    return {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


def at_once(model: UDASegmentor, batch: dict) -> tuple[dict, dict]:
    """Losses for the log, and gradients, of one backward pass over the sum."""
    total, log = model.parse_losses(model(**model.data_preprocessor(batch, True), mode='loss'))
    total.backward()
    return log, gradients(model)


def in_parts(model: UDASegmentor, batch: dict, **options) -> tuple[dict, dict]:
    """The same in parts."""
    with wrapper_for(model, **options).optim_context(model):
        losses = model(**model.data_preprocessor(batch, True), mode='loss')
    total, log = model.parse_losses(losses)
    total.backward()
    return log, gradients(model)


@pytest.mark.parametrize('name', MIXTURES)
@pytest.mark.parametrize('auxiliary', [False, True], ids=['', 'aux'])
def test_gradients_are_those_of_one_backward(name, auxiliary):
    a, b = (random_model(name, auxiliary=auxiliary).double() for _ in range(2))
    log, expected = at_once(a, labelled_batch(0, name))
    parts_log, parts = in_parts(b, labelled_batch(0, name))
    assert log.keys() == parts_log.keys()
    for key, value in log.items():
        assert_close(parts_log[key], value, key)
    assert parts.keys() == expected.keys()
    for key, value in expected.items():
        assert_close(parts[key], value, key)
    for key, value in a.state_dict().items():  # running statistics, dictionaries
        assert_close(b.state_dict()[key], value, key)


def seen_at_each_run(model: UDASegmentor) -> list[bool]:
    """Whether the first convolution has a gradient whenever the network is run."""
    weight, seen = model.backbone.conv1.weight, []
    model.backbone.register_forward_pre_hook(lambda *_: seen.append(weight.grad is not None))
    return seen


@pytest.mark.parametrize(
    ('adaptations', 'expected'),
    [
        ({}, [False, True]),
        (dict(a=ADVERSARY), [False, True]),
        (dict(a=EVERY['PixelCycleAssociation']), [False, False]),
        (dict(a=EVERY['Flipped']), [False, False, True, True]),  # in prepare, source, and two of its own
    ],
    ids=['none', 'adversary', 'cycles', 'passes'],
)
def test_the_gradient_of_a_part_is_taken_before_the_next(adaptations, expected):
    model = build_segmentor(**adaptations).train()
    seen = seen_at_each_run(model)
    model.train_step(labelled_batch(0), wrapper_for(model))
    assert seen == expected


def test_the_second_pass_comes_after_the_gradient_of_the_first():
    model = MODELS.build(ConfigDict(segmentor_config(Flipped=EVERY['Flipped']), source_loss_weight=0)).train()
    seen = seen_at_each_run(model)
    in_parts(model.double(), labelled_batch(0))
    assert seen == [False, False, True]  # the source is not run either


def test_target_first_is_one_part():
    model = MODELS.build(ConfigDict(segmentor_config(a=ADVERSARY), domain_order=('target', 'source'))).train()
    seen = seen_at_each_run(model)
    model.train_step(pair_batch(0), wrapper_for(model))
    assert seen == [False, False]


def test_another_wrapper_takes_the_gradient_of_the_sum():
    model = build_segmentor(Flipped=EVERY['Flipped']).train()
    seen = seen_at_each_run(model)
    wrapper = build_optim_wrapper(model, dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=1.0)))
    other = copy.deepcopy(model)
    model.train_step(labelled_batch(0), wrapper)
    assert not any(seen)
    other.train_step(labelled_batch(0), wrapper_for(other))
    for key, value in model.state_dict().items():
        assert_close(other.state_dict()[key], value, key, 1e-5)


def test_images_that_nobody_reads_are_not_run():
    """BatchNorm's statistics are then those of source and passes alone."""
    model = build_segmentor(Flipped=EVERY['Flipped']).train()
    model.train_step(labelled_batch(0), wrapper_for(model))
    counted = [name for name, value in model.named_buffers() if name.endswith('num_batches_tracked') and value != 4]
    assert not counted  # prepare, source, two passes


class ReadsUnrun(Flipped):
    def passes(self, segmentor, source, target):
        yield dict(loss_x=target.prob().mean())


class SourceTermInLoss(Adaptation):
    def loss(self, segmentor, source, target):
        return dict(loss_x=source.prob().square().mean())


class Twice(Flipped):
    def passes(self, segmentor, source, target):
        for losses in super().passes(segmentor, source, target):
            yield dict(loss_x=sum(losses.values()))


@pytest.mark.parametrize(
    ('kind', 'message'),
    [
        (ReadsUnrun, r"not run on the target images.*forwards = \('target',\)"),
        (SourceTermInLoss, r'model\.adaptations\.own \(SourceTermInLoss\) gives loss_x without gradients.*source_loss'),
        (Twice, r'own\.loss_x is given twice'),
    ],
)
def test_mistakes_are_named(kind, message):
    model = build_segmentor(own=dict(type=kind)).train()
    with pytest.raises(UserError, match=message):
        model.train_step(pair_batch(0), wrapper_for(model))
    assert model.take_gradient is None


def test_activation_checkpointing_changes_nothing():
    config = segmentor_config(**MIXTURES['dast'], Flipped=EVERY['Flipped'])
    config.decode_head.dropout_ratio = 0.1
    results = []
    for checkpointing in (False, True):
        torch.manual_seed(0)
        model = MODELS.build(ConfigDict(config, activation_checkpointing=checkpointing)).double().train()
        torch.manual_seed(0)
        results.append((*in_parts(model, labelled_batch(0)), model.state_dict()))
    for a, b in zip(*results, strict=True):
        assert a.keys() == b.keys()
        for key, value in a.items():
            assert_close(b[key], value, key)


@pytest.mark.parametrize('name', ['dast', 'PixelCycleAssociation', 'Flipped', 'daformer_and_mic'])
def test_bf16_autocast_gives_the_gradients_of_one_backward(name):
    """To the precision of bf16: one backward sums both domains' gradients of a weight in it."""
    a, b = (random_model(name, 'GN') for _ in range(2))
    with torch.autocast('cpu', torch.bfloat16, cache_enabled=False):
        total, _ = a.parse_losses(a(**a.data_preprocessor(labelled_batch(0, name), True), mode='loss'))
    total.backward()
    expected = gradients(a)
    _, parts = in_parts(b, labelled_batch(0, name), amp_dtype='bfloat16')
    assert parts.keys() == expected.keys()
    for key, value in expected.items():
        assert parts[key].dtype == torch.float32
        assert (parts[key] - value).norm() <= 0.02 * value.norm(), key


RANKED = dict(
    {name: (name, {}, 1) for name in MIXTURES},
    auxiliary=('OutputSpaceAdversary', dict(auxiliary=True), 1),
    checkpointed=('dast', dict(activation_checkpointing=True), 1),
    accumulated=('dast', {}, 2),
)
"""Mixture, options of the model, micro-steps."""
OVER_THE_BATCH = ('MaxCosine', 'PixelCycleAssociation', 'LovaszSoftmax', *TAUGHT, 'FeatureDistance')
OVER_THE_BATCH += ('daformer_and_mic', 'everything_but_cycles')
"""Their losses are no means over images: a rank's dictionary, valid cycles, sorted errors, random numbers, share of
sure pixels and cells of things are its own."""


def half(batch: dict, rank: int) -> dict:
    return {domain: {key: values[rank : rank + 1] for key, values in data.items()} for domain, data in batch.items()}


def step(name: str, wrap=lambda model: model, only: int | None = None) -> dict[str, Tensor]:
    """Weights after a step on the whole batch, or on one of its halves."""
    mixture, options, counts = RANKED[name]
    model = random_model(mixture, 'GN', **options).double()
    network, wrapper = wrap(model), wrapper_for(model, accumulative_counts=counts)
    for seed in range(counts):
        batch = labelled_batch(seed, mixture)
        network.train_step(batch if only is None else half(batch, only), wrapper)
    return dict(model.named_parameters())


def rank_work(rank: int, folder: Path) -> None:
    for name in RANKED:
        torch.save(step(name, MMDistributedDataParallel, rank), folder / f'{name}_{rank}.pth')


@pytest.fixture(scope='module')
def on_two_ranks(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('ranks')
    run_on_ranks(rank_work, folder)
    return folder


@pytest.mark.dist
@pytest.mark.parametrize('name', RANKED)
def test_two_ranks_equal_one_process_with_the_whole_batch(name, on_two_ranks):
    ranks = [torch.load(on_two_ranks / f'{name}_{rank}.pth') for rank in range(2)]
    mixture, options, _ = RANKED[name]
    start = dict(random_model(mixture, 'GN', **options).double().named_parameters())
    if name in OVER_THE_BATCH:
        halves = [step(name, only=rank) for rank in range(2)]
        expected = {key: (value + halves[1][key]) / 2 for key, value in halves[0].items()}  # as SGD averages gradients
    else:
        expected = step(name)
    for key, value in expected.items():
        assert torch.equal(ranks[0][key], ranks[1][key]), key
        assert_close(ranks[0][key], value, key, 1e-9)
        if start[key].requires_grad:
            assert not torch.equal(value, start[key]), f'{key} was not trained'
