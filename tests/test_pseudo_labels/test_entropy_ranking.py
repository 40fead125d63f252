"""IntraDA's image-level split: the round's lists, the datasets that read them, and runs that train on them."""

import copy
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.hooks import Hook
from mmseg.registry import DATASETS, TASK_UTILS

from mmseg_uda.errors import UserError
from mmseg_uda.pseudo_labels.image_ranking import image_entropy
from mmseg_uda.pseudo_labels.rounds import Manifest
from mmseg_uda.pseudo_labels.target_images import build_target_images
from tests.test_parity.parity import cases

from .conftest import build_model
from .helpers import files, labels
from .test_generation import generate, probabilities
from .test_hook import runner_of

RANKING = dict(type='EntropyRankingSelector', portion=0.6)


def listed(round_dir: Path, part: str) -> list[str]:
    return (round_dir / f'{part}.txt').read_text().split()


@pytest.mark.parametrize('case', [case for case in cases('advent_entropy.npz') if 'score' in case], ids=str)
@pytest.mark.parametrize('normalize', [False, True])
def test_selector_ranks_as_the_released_code(case, normalize):
    selector = TASK_UTILS.build(
        dict(type='EntropyRankingSelector', portion=case['lambda'], normalize=normalize),
    )
    scores = np.array([selector.image_score(prob) for prob in case.tensor('prob').double()])
    suffix = '_normalized' if normalize else ''
    np.testing.assert_allclose(scores, case['score' + suffix], rtol=1e-9)
    for part, indices in zip(('easy', 'hard'), selector.split(scores), strict=True):
        np.testing.assert_array_equal(indices, case[part + suffix])


@pytest.mark.parametrize('options', [dict(portion=1.5), dict(rule='median')], ids=str)
def test_wrong_options_are_refused(options):
    with pytest.raises(UserError, match=next(iter(options))):
        TASK_UTILS.build(dict(type='EntropyRankingSelector', **options))


def test_easy_images_are_labelled_whole_and_hard_ones_not_at_all(model, target, tmp_path):
    manifest = generate(model, target, tmp_path / 'round', RANKING)
    prob = probabilities(model, target, 'logits_first')
    order = np.argsort(image_entropy(torch.from_numpy(prob)).numpy())
    written = labels(tmp_path / 'round')
    names = np.array(list(written))
    assert listed(tmp_path / 'round', 'easy') == list(names[order[:4]])  # int(7 * 0.6)
    assert listed(tmp_path / 'round', 'hard') == list(names[order[4:]])
    for rank, index in enumerate(order):
        expected = prob[index].argmax(0) if rank < 4 else 255
        assert (written[names[index]] == expected).all()
    assert manifest.kept_portion == pytest.approx(4 / 7)
    assert Manifest.read(tmp_path / 'round') == manifest


def test_another_share_is_another_round(model, target, tmp_path):
    generate(model, target, tmp_path / 'round', RANKING)
    with pytest.raises(UserError, match='differs in the selector'):
        generate(model, target, tmp_path / 'round', dict(RANKING, portion=0.3))


def test_a_split_without_hard_images_leaves_nothing(model, target, tmp_path):
    with pytest.raises(UserError, match='none of 7 images is hard'):
        generate(model, target, tmp_path / 'round', dict(RANKING, portion=1.0))
    assert os.listdir(tmp_path) == []


def test_datasets_read_their_part(model, target, tmp_path):
    generate(model, target, tmp_path / 'round', RANKING)
    easy, hard = (DATASETS.build(dict(target, part=part)) for part in ('easy', 'hard'))
    assert (len(easy), len(hard)) == (7, 7)  # until there is a round
    names = {}
    for part, dataset in dict(easy=easy, hard=hard).items():
        dataset.set_pseudo_labels(str(tmp_path / 'round'))
        infos = [dataset.get_data_info(index) for index in range(len(dataset))]
        names[part] = {Path(info['pseudo_label_path']).stem for info in infos}
        assert all(Path(info['img_path']).stem in Path(info['pseudo_label_path']).stem for info in infos)
        assert names[part] == {Path(name).name for name in listed(tmp_path / 'round', part)}
    assert (len(easy), len(hard)) == (4, 3) and not names['easy'] & names['hard']
    assert (hard[2]['data_samples'].gt_sem_seg.data == 255).all()
    assert (easy[3]['data_samples'].gt_sem_seg.data != 255).all()
    easy.set_pseudo_labels(None)
    assert len(easy) == 7
    assert len(build_target_images(dict(target, part='easy', pseudo_labels=str(tmp_path / 'round')))) == 7


def test_errors_name_the_key(model, target, tmp_path):
    with pytest.raises(UserError, match="part must be one of 'easy', 'hard', None, got 'medium'"):
        DATASETS.build(dict(target, part='medium'))
    generate(model, target, tmp_path / 'round', dict(type='BDLSelector'))
    with pytest.raises(UserError, match=r"part is 'easy', but pseudo_labels=.* has no easy\.txt.*EntropyRanking"):
        DATASETS.build(dict(target, part='easy', pseudo_labels=str(tmp_path / 'round')))


class Names(Hook):
    """Keeps the names of the images trained on, by domain."""

    def __init__(self):
        self.steps = []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self.steps.append(
            {
                domain: [Path(sample.img_path).stem for sample in data_batch[domain]['data_samples']]
                for domain in ('source', 'target')
            }
        )


@pytest.fixture
def intrada(config):
    """The tiny run, from easy to hard images."""
    config = copy.deepcopy(config)
    discriminator = dict(type='OutputDiscriminator', in_channels=5, channels=(4,), upsample=True)
    config.model.adaptations = dict(
        intrada=dict(
            type='IntraDomainAdversary',
            discriminator=discriminator,
            maps='entropy',
            labeling=dict(selector=RANKING),
        )
    )
    target = config.train_dataloader.dataset.target
    config.train_dataloader.dataset.update(source=dict(target, part='easy'), target=dict(target, part='hard'))
    return config


def train(config, work_dir, iters, resume=False):
    weights = work_dir.parent / 'start.pth'
    torch.save(dict(state_dict=build_model().state_dict(), meta=dict()), weights)
    config = copy.deepcopy(config)
    config.custom_hooks = [dict(type='IterationSeedHook'), dict(type='PseudoLabelHook', num_workers=0)]
    runner = runner_of(config, work_dir, iters, load_from=None if resume else str(weights), resume=resume)
    names = Names()
    runner.register_hook(names)
    runner.train()
    return names.steps, runner


def test_a_run_ranks_and_trains_from_easy_to_hard(intrada, tmp_path):
    steps, runner = train(intrada, tmp_path / 'run', 6)
    round_dir = tmp_path / 'run/pseudo_labels/iter_0'
    for domain, part, size in (('source', 'easy', 4), ('target', 'hard', 3)):
        seen = {name for step in steps for name in step[domain]}
        assert seen == {Path(name).name for name in listed(round_dir, part)}
        assert len(seen) == size
    losses = runner.message_hub.log_scalars
    for name in ('decode.loss_ce', 'intrada.loss_adv', 'intrada.loss_d_source', 'intrada.loss_d_target'):
        assert np.isfinite(losses[f'train/{name}'].current())


def test_resume_goes_on_with_its_split(intrada, tmp_path):
    whole, runner = train(intrada, tmp_path / 'whole', 5)
    train(intrada, tmp_path / 'half', 3)
    before = files(tmp_path / 'half/pseudo_labels/iter_0')
    rest, resumed = train(intrada, tmp_path / 'half', 5, resume=True)
    assert files(tmp_path / 'half/pseudo_labels/iter_0') == before
    assert rest == whole[3:]
    for name, value in runner.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name
