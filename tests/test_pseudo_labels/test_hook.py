"""The hook inside real training runs."""

import copy
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import MODELS

import mmseg_uda.engine  # noqa: F401
from mmseg_uda.datasets import DomainPairDataset, DomainPairSampler
from mmseg_uda.engine.hooks.pseudo_label_hook import PseudoLabelHook
from mmseg_uda.errors import UserError
from mmseg_uda.pseudo_labels.generation import generate_pseudo_labels
from mmseg_uda.pseudo_labels.labeling_rule import find_labeling_rule
from mmseg_uda.pseudo_labels.rounds import Manifest
from mmseg_uda.pseudo_labels.target_images import build_target_images

from .conftest import build_model
from .helpers import files, labels


class Recorder(Hook):
    """Keeps the name and the labels of every target sample trained on."""

    def __init__(self):
        self.steps = []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        step = []
        for sample in data_batch['target']['data_samples']:
            name = Path(sample.img_path).relative_to(Path(sample.img_path).parents[1]).with_suffix('')
            step.append((str(name), sample.gt_sem_seg.data[0].numpy().copy()))
        self.steps.append(step)

    @property
    def names(self):
        return [[name for name, _ in step] for step in self.steps]


def train(config, work_dir, iters, weights=None, resume=False, dataloader=None, **hook):
    """Train ``iters`` iterations; returns the recorder and the runner."""
    config = copy.deepcopy(config)
    config.train_dataloader.update(dataloader or {})
    config.custom_hooks = [
        dict(type='IterationSeedHook'),  # dropout of a resumed run
        dict(type='PseudoLabelHook', **dict(num_workers=0) | hook),
    ]
    if weights is None:
        weights = work_dir.parent / 'start.pth'
        torch.save(dict(state_dict=build_model().state_dict(), meta=dict()), weights)
    runner = runner_of(config, work_dir, iters, load_from=None if resume else str(weights), resume=resume)
    recorder = Recorder()
    runner.register_hook(recorder)
    runner.train()
    return recorder, runner


def runner_of(config, work_dir, iters, **options):
    return Runner(
        model=config.model,
        work_dir=str(work_dir),
        train_dataloader=config.train_dataloader,
        train_cfg=dict(type='IterBasedTrainLoop', max_iters=iters),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.05)),
        default_hooks=dict(checkpoint=dict(type='CheckpointHook', interval=1, by_epoch=False), logger=None),
        custom_hooks=config.get('custom_hooks', [dict(type='PseudoLabelHook', num_workers=0)]),
        default_scope='mmseg',
        experiment_name=f'{work_dir.name}_{np.random.default_rng().integers(1 << 40)}',
        randomness=dict(seed=0),
        log_level='ERROR',
        cfg=config,
        **options,
    )


def rounds(work_dir):
    return sorted(os.listdir(work_dir / 'pseudo_labels'))


def assert_trained_on(step, round_dir):
    written = labels(round_dir)
    for name, label in step:
        np.testing.assert_array_equal(label, written[name])


def stream(config, steps):
    """Target images of the first steps, straight from the sampler."""
    pair = config.train_dataloader.dataset
    dataset = DomainPairDataset(source=None, target=pair.target)
    iterator = iter(DomainPairSampler(dataset, seed=3))
    infos = [dataset.target.get_data_info(next(iterator)[1])['img_path'] for _ in range(2 * steps)]
    names = [str(Path(path).relative_to(Path(path).parents[1]).with_suffix('')) for path in infos]
    return [names[i : i + 2] for i in range(0, len(names), 2)]


def test_one_round_before_training(config, tmp_path):
    recorder, runner = train(config, tmp_path / 'run', 3)
    assert rounds(tmp_path / 'run') == ['current', 'iter_0']
    assert recorder.names == stream(config, 3)
    for step in recorder.steps:
        assert_trained_on(step, tmp_path / 'run/pseudo_labels/iter_0')
    assert os.readlink(tmp_path / 'run/pseudo_labels/current') == 'iter_0'
    manifest = Manifest.read(tmp_path / 'run/pseudo_labels/current')
    assert manifest.origin == dict(checkpoint=None, iteration=0) and manifest.images == 7
    assert runner.model.training


@pytest.mark.parametrize(
    'dataloader', [dict(), dict(num_workers=2), dict(num_workers=1, persistent_workers=True)], ids=str
)
def test_new_labels_every_interval_and_never_a_mixture(config, tmp_path, dataloader):
    recorder, _ = train(config, tmp_path / 'run', 4, dataloader=dataloader, interval=2)
    assert rounds(tmp_path / 'run') == ['current', 'iter_0', 'iter_2']
    assert recorder.names == stream(config, 4)
    for index, step in enumerate(recorder.steps):
        assert_trained_on(step, tmp_path / f'run/pseudo_labels/iter_{index - index % 2}')
    first, last = (labels(tmp_path / f'run/pseudo_labels/iter_{k}') for k in (0, 2))
    assert any((first[name] != last[name]).any() for name in first)


def test_folders_with_equal_names_have_labels_of_their_own(config, tmp_path):
    target = config.train_dataloader.dataset.target
    pictures = sorted(Path(target.data_root).rglob('*.png'))
    for condition, chosen in (('fog', pictures[:3]), ('night', pictures[3:])):
        for i, picture in enumerate(chosen):
            copied = tmp_path / 'weather' / condition / f'{i}.png'
            copied.parent.mkdir(parents=True, exist_ok=True)
            copied.write_bytes(picture.read_bytes())
    parts = [dict(data_prefix=dict(img_path=condition), img_suffix='.png') for condition in ('fog', 'night')]
    target.update(type='ConcatDataset', data_root=str(tmp_path / 'weather'), datasets=parts)
    recorder, _ = train(config, tmp_path / 'run', 4, interval=2, dataloader=dict(num_workers=1))
    assert recorder.names == stream(config, 4) and {'fog/0', 'night/0'} < {
        name for step in recorder.names for name in step
    }
    for i, step in enumerate(recorder.steps):
        assert_trained_on(step, tmp_path / f'run/pseudo_labels/iter_{i - i % 2}')
    written = labels(tmp_path / 'run/pseudo_labels/iter_0')
    assert len(written) == 7 and (written['fog/0'] != written['night/0']).any()


def test_resume_goes_on_with_its_round(config, tmp_path):
    whole, runner = train(config, tmp_path / 'whole', 5, interval=2)
    train(config, tmp_path / 'half', 3, interval=2)
    before = files(tmp_path / 'half' / 'pseudo_labels')
    rest, resumed = train(config, tmp_path / 'half', 5, interval=2, resume=True)
    after = files(tmp_path / 'half' / 'pseudo_labels')
    assert {path: after[path] for path in before if 'current' not in path} == {
        path: content for path, content in before.items() if 'current' not in path
    }
    assert rest.names == whole.names[3:]
    for one, other in zip(rest.steps, whole.steps[3:], strict=True):
        for (_, label), (_, expected) in zip(one, other, strict=True):
            np.testing.assert_array_equal(label, expected)
    for name, value in runner.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name


def test_resume_without_its_round_is_refused(config, tmp_path):
    train(config, tmp_path / 'run', 3, interval=2)
    shutil.rmtree(tmp_path / 'run/pseudo_labels/iter_2')
    with pytest.raises(UserError, match=r'iteration 3 and needs the pseudo labels of iteration 2'):
        train(config, tmp_path / 'run', 5, interval=2, resume=True)


def test_resume_where_a_round_is_due_makes_it(config, tmp_path):
    whole, _ = train(config, tmp_path / 'whole', 4, interval=2)
    train(config, tmp_path / 'run', 2, interval=2)  # ends before the round of iteration 2
    assert rounds(tmp_path / 'run') == ['current', 'iter_0']
    rest, _ = train(config, tmp_path / 'run', 4, interval=2, resume=True)
    assert labels(tmp_path / 'run/pseudo_labels/iter_2').keys() == labels(tmp_path / 'run/pseudo_labels/iter_0').keys()
    assert_trained_on(rest.steps[0], tmp_path / 'whole/pseudo_labels/iter_2')
    assert rest.names == whole.names[2:]


def test_restart_reuses_labels_of_the_same_weights_only(config, tmp_path):
    train(config, tmp_path / 'run', 1)
    round_dir = tmp_path / 'run/pseudo_labels/iter_0'
    made = (round_dir / 'manifest.json').stat().st_mtime_ns
    train(config, tmp_path / 'run', 1)
    assert (round_dir / 'manifest.json').stat().st_mtime_ns == made
    train(config, tmp_path / 'run', 1, weights=tmp_path / 'run' / 'iter_1.pth')
    assert (round_dir / 'manifest.json').stat().st_mtime_ns > made


def test_wrong_interval():
    with pytest.raises(UserError, match='interval must be None or at least 1'):
        PseudoLabelHook(interval=0)
    with pytest.raises(UserError, match='a labeler makes one round'):
        PseudoLabelHook(labeler=dict(config='c.py', checkpoint='c.pth'), interval=1)


def test_another_model_labels_for_a_fresh_network(config, tmp_path):
    """Its own config builds it, so it may be wider; the run's weights do not matter."""
    teacher = copy.deepcopy(config)
    teacher.model.decode_head.channels = 24
    teacher.model.adaptations = dict()
    teacher.dump(str(tmp_path / 'teacher.py'))
    model = MODELS.build(teacher.model)
    torch.nn.init.normal_(model.decode_head.conv_seg.weight, std=1.5)
    torch.save(dict(state_dict=model.state_dict(), meta=dict()), tmp_path / 'teacher.pth')
    labeler = dict(config=str(tmp_path / 'teacher.py'), checkpoint=str(tmp_path / 'teacher.pth'))
    recorder, _ = train(config, tmp_path / 'run', 1, labeler=labeler)
    round_dir = tmp_path / 'run/pseudo_labels/iter_0'
    assert Manifest.read(round_dir).origin['checkpoint'] == labeler['checkpoint']
    assert_trained_on(recorder.steps[0], round_dir)
    target = build_target_images(config.train_dataloader.dataset.target)
    generate_pseudo_labels(model, target, dict(type='DASTSelector'), tmp_path / 'expected', num_workers=0)
    written, expected = labels(round_dir), labels(tmp_path / 'expected')
    for name in expected:
        np.testing.assert_array_equal(written[name], expected[name])
    before = (round_dir / 'manifest.json').stat().st_mtime_ns
    train(config, tmp_path / 'run', 2, resume=True, labeler=labeler)
    assert (round_dir / 'manifest.json').stat().st_mtime_ns == before


@pytest.mark.parametrize('reason', ['nobody asks', 'a folder is named'])
def test_nothing_is_labelled_where(config, tmp_path, reason):
    config = copy.deepcopy(config)
    if reason == 'nobody asks':
        config.model.adaptations = dict(entropy=dict(type='EntropyMinimization', loss_weight=0.1))
        config.train_dataloader.dataset.target.pipeline.pop(2)
    else:
        train(config, tmp_path / 'first', 1)
        config.train_dataloader.dataset.target.pseudo_labels = str(tmp_path / 'first/pseudo_labels/iter_0')
    runner = runner_of(config, tmp_path / 'run', 1)
    runner.train()
    assert not (tmp_path / 'run' / 'pseudo_labels').exists()


def test_the_first_rule_holds_and_confidence_is_joined():
    adaptations = dict(
        plain=SimpleNamespace(labeling=None),
        first=SimpleNamespace(labeling=dict(selector=dict(type='BDLSelector', portion=0.3))),
        same=SimpleNamespace(labeling=dict(selector=dict(type='BDLSelector', portion=0.3))),
        second=SimpleNamespace(labeling=dict(selector=dict(type='DASTSelector'), confidence=True)),
    )
    rule = find_labeling_rule(adaptations)
    assert (rule.adaptation, rule.confidence, rule.overruled) == ('first', True, ['second'])
    assert type(rule.selector).__name__ == 'BDLSelector' and rule.selector.portion == 0.3
    assert find_labeling_rule(dict(plain=adaptations['plain'])) is None


@pytest.mark.parametrize('labeling', [dict(), dict(selector=dict(type='DASTSelector'), confidences=True)], ids=str)
def test_a_wrong_labeling_is_named(labeling):
    with pytest.raises(UserError, match=r'model\.adaptations\.x\.labeling has the keys'):
        find_labeling_rule(dict(x=SimpleNamespace(labeling=labeling)))


def test_a_wrong_selector_is_named():
    labeling = dict(selector=dict(type='DASTSelector', portion=2))
    with pytest.raises(UserError, match=r'model\.adaptations\.x\.labeling\.selector: .*portion'):
        find_labeling_rule(dict(x=SimpleNamespace(labeling=labeling)))


def test_weights_without_the_attention_are_refused(config, tmp_path):
    config = copy.deepcopy(config)  # the fixture's model is shared
    discriminator = dict(type='FeatureDiscriminator', in_channels=64)
    config.model.adaptations.attention = dict(type='DiscriminatorAttention', discriminator=discriminator)
    config.load_from = str(tmp_path / 'start.pth')  # which train() writes, of the model without it
    with pytest.raises(UserError, match=r'start\.pth does not fit .* adaptations\.attention\.discriminator'):
        train(config, tmp_path / 'run', 1)
    assert not (tmp_path / 'run' / 'pseudo_labels').exists()


def test_runs_without_target_images_are_refused(config, tmp_path):
    config.train_dataloader.dataset = config.train_dataloader.dataset.target
    config.train_dataloader.sampler = dict(type='InfiniteSampler')
    with pytest.raises(UserError, match='must be a DomainPairDataset'):
        train(config, tmp_path / 'run', 1)


def test_samplers_that_cannot_skip_are_refused(config, tmp_path):
    class Sequential(torch.utils.data.Sampler):
        def __iter__(self):
            return ((None, index, 0) for index in range(7))

    pair = DomainPairDataset(source=None, target=config.train_dataloader.dataset.target)
    loader = torch.utils.data.DataLoader(pair, sampler=Sequential(), collate_fn=pseudo_collate)
    runner = Runner(
        model=config.model,
        work_dir=str(tmp_path / 'run'),
        train_dataloader=loader,
        train_cfg=dict(type='IterBasedTrainLoop', max_iters=1),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.05)),
        custom_hooks=[dict(type='PseudoLabelHook')],
        default_scope='mmseg',
        experiment_name='sequential',
        log_level='ERROR',
        cfg=config,
    )
    with pytest.raises(UserError, match='expected DomainPairSampler'):
        runner.train()
