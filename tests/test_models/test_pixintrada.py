"""PixIntraDA's adaptation on a tiny net: target images alone, and images without easy or hard pixels."""

import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.structures import PixelData
from mmseg.registry import MODELS

from mmseg_uda.errors import UserError
from mmseg_uda.models.losses import (
    cts_discriminator_loss,
    cts_segmentor_loss,
    pla_discriminator_loss,
    pla_printed_losses,
    pla_segmentor_loss,
)
from tests.test_engine.nets import CLASSES, domain_batch, segmentor_config

SIZE = (32, 48)
MODES = ['cts', 'pla', 'pla_printed']


def adversary(**options) -> dict:
    discriminator = dict(type='OutputDiscriminator', in_channels=CLASSES, channels=(4, 8), upsample=True)
    return dict(dict(type='PixelIntraDomainAdversary', discriminator=discriminator, loss_weight=1.0), **options)


def build(**options):
    """A net with main and auxiliary output, and all four adaptations of the paper."""
    torch.manual_seed(0)
    config = segmentor_config(
        pixintrada=adversary(**options),
        pixintrada_aux=adversary(level='aux', **options),
        self_training=dict(type='SelfTraining'),
        self_training_aux=dict(type='SelfTraining', level='aux', loss_weight=0.1),
    )
    config.auxiliary_head = ConfigDict(config.decode_head, in_channels=8, in_index=0)
    model = MODELS.build(config)
    model.init_weights()
    return model.train()


def target_batch(easy: float = 0.5, size: tuple[int, int] = SIZE) -> dict:
    """A batch of target images of whose pixels this share is easy."""
    generator = torch.Generator().manual_seed(1)
    batch = domain_batch(generator, size)
    for sample in batch['data_samples']:
        hard = torch.rand(1, *size, generator=generator) >= easy
        sample.gt_sem_seg.data[hard] = 255
        shades = torch.randint(80, 256, (1, *size), generator=generator, dtype=torch.uint8)
        sample.set_data(dict(pseudo_confidence=PixelData(data=shades)))
    return dict(target=batch)


def losses_of(model, batch) -> dict:
    return model(**model.data_preprocessor(batch, True), mode='loss')


def expected_losses(model, batch, mode: str, reduction: str = 'hard', sigmoid: bool = False) -> dict:
    """The main output's losses, written from the batch with the tested functions."""
    data = model.data_preprocessor(batch, True)
    target = model.run_domain(data['inputs']['target'], data['data_samples']['target'], 'target', training=True)
    score = model.adaptations['pixintrada'].discriminator(target.prob()).squeeze(1)
    labels = torch.cat([sample.gt_sem_seg.data for sample in batch['target']['data_samples']])
    confidence = torch.cat([sample.pseudo_confidence.data for sample in batch['target']['data_samples']]) / 255
    hard = labels == 255
    if mode == 'pla_printed':
        discriminator, segmentor = (loss.mean() for loss in pla_printed_losses(score, hard))
    elif mode == 'pla':
        discriminator = pla_discriminator_loss(score, hard)
        segmentor = pla_segmentor_loss(score, hard, reduction)
    else:
        score = score.sigmoid() if sigmoid else score
        index = (1 - confidence) * hard
        discriminator = cts_discriminator_loss(score, index, 'sum' if reduction == 'sum' else 'mean')
        segmentor = cts_segmentor_loss(score, hard, reduction)
    return dict(loss_adv=segmentor, loss_d=discriminator, hard=hard.float().mean())


SWITCHES = [
    *[dict(mode=mode) for mode in MODES],
    dict(mode='pla', reduction='all'),
    dict(mode='cts', reduction='all'),
    dict(mode='cts', reduction='sum'),
    dict(mode='cts', sigmoid=True),
]


@pytest.mark.parametrize('switches', SWITCHES, ids=str)
def test_switches_choose_the_losses(switches):
    model = build(**switches)
    losses = losses_of(model, target_batch())
    for name, value in expected_losses(model, target_batch(), **switches).items():
        torch.testing.assert_close(losses[f'pixintrada.{name}'], value)


def test_weight_is_the_segmentors_alone():
    light, heavy = build(loss_weight=0.5), build(loss_weight=1.0)
    a, b = (losses_of(model, target_batch()) for model in (light, heavy))
    torch.testing.assert_close(2 * a['pixintrada.loss_adv'], b['pixintrada.loss_adv'])
    torch.testing.assert_close(a['pixintrada.loss_d'], b['pixintrada.loss_d'])


@pytest.mark.parametrize('easy', [0.0, 0.5, 1.0], ids=['all hard', 'mixed', 'all easy'])
@pytest.mark.parametrize('mode', MODES)
def test_every_parameter_gets_a_finite_gradient(mode, easy):
    """Plain DDP depends on it: no source images, and perhaps no easy or no hard pixel on this rank."""
    model = build(mode=mode)
    losses = losses_of(model, target_batch(easy))
    model.parse_losses(losses)[0].backward()
    missing = [name for name, p in model.named_parameters() if p.grad is None]
    assert missing == []
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())
    assert losses['pixintrada.hard'] == pytest.approx(1 - easy, abs=0.1)


@pytest.mark.parametrize('mode', MODES)
def test_without_hard_pixels_the_segmentors_term_is_an_exact_zero(mode):
    model = build(mode=mode)
    losses = losses_of(model, target_batch(easy=1.0))
    for name in ('pixintrada', 'pixintrada_aux'):
        assert losses[f'{name}.loss_adv'] == 0 and losses[f'{name}.loss_adv'].requires_grad
    sum(losses[f'{name}.loss_adv'] for name in ('pixintrada', 'pixintrada_aux')).backward()
    assert all(p.grad is None or not p.grad.any() for p in model.parameters())


@pytest.mark.parametrize('mode', MODES)
def test_each_side_trains_its_own_part(mode):
    model = build(mode=mode)
    losses = losses_of(model, target_batch())
    losses['pixintrada.loss_d'].backward(retain_graph=True)
    trained = {name for name, p in model.named_parameters() if p.grad is not None and p.grad.any()}
    assert trained == {
        f'adaptations.pixintrada.{name}' for name, _ in model.adaptations['pixintrada'].named_parameters()
    }
    model.zero_grad()
    losses['pixintrada_aux.loss_adv'].backward()
    trained = {name.split('.')[0] for name, p in model.named_parameters() if p.grad is not None and p.grad.any()}
    assert trained == {'backbone', 'auxiliary_head'}


@pytest.mark.parametrize('mode', MODES)
def test_autocast_leaves_scores_their_precision(mode):
    model = build(mode=mode)
    exact = losses_of(model, target_batch())
    with torch.autocast('cpu', dtype=torch.bfloat16):
        mixed = losses_of(model, target_batch())
    for name in ('pixintrada.loss_adv', 'pixintrada.loss_d'):
        assert mixed[name].dtype == torch.float32
        torch.testing.assert_close(mixed[name], exact[name], rtol=0.02, atol=1e-4)


def test_the_segmentors_term_sees_hard_pixels_only():
    """With one hard row at the top, the squared scores below it do not matter."""
    model = build(reduction='sum')
    score = torch.rand(1, 4, 6, requires_grad=True)
    hard = torch.zeros(1, 4, 6, dtype=torch.bool)
    hard[:, 0] = True
    model.adaptations['pixintrada'].segmentor_loss(score, hard).backward()
    assert score.grad[:, 0].all() and not score.grad[:, 1:].any()


def test_padding_is_not_hard():
    model = build()
    batch = target_batch(easy=0.0)
    wide = domain_batch(torch.Generator().manual_seed(2), (SIZE[0], 2 * SIZE[1]), count=1)
    wide['data_samples'][0].set_data(
        dict(pseudo_confidence=PixelData(data=torch.full((1, SIZE[0], 2 * SIZE[1]), 200, dtype=torch.uint8)))
    )
    for key, values in wide.items():
        batch['target'][key] = [batch['target'][key][0], *values]
    # One image is all hard and padded to twice its width, the other is all easy.
    assert losses_of(model, batch)['pixintrada.hard'] == pytest.approx(0.25)


def test_errors_name_the_key():
    with pytest.raises(UserError, match=r'PixelIntraDomainAdversary\.mode .*pla_printed'):
        build(mode='lsgan')
    with pytest.raises(UserError, match=r'PixelIntraDomainAdversary\.reduction .*hard'):
        build(reduction='mean')
    coarse = dict(type='OutputDiscriminator', in_channels=CLASSES, channels=(4, 8))
    with pytest.raises(UserError, match=r'model\.adaptations\.pixintrada\.discriminator .* upsample=True'):
        losses_of(build(discriminator=coarse), target_batch())
    unlabelled = dict(target=domain_batch(torch.Generator().manual_seed(0), SIZE, labelled=False))
    with pytest.raises(UserError, match='confidence'):
        losses_of(build(), unlabelled)


def test_upsampled_scores_are_the_plain_ones_between_grid_points():
    config = dict(type='OutputDiscriminator', in_channels=CLASSES, channels=(4, 8))
    plain, upsampled = MODELS.build(config), MODELS.build(dict(config, upsample=True))
    upsampled.load_state_dict(plain.state_dict())
    maps = torch.rand(2, CLASSES, *SIZE)
    coarse, fine = plain(maps), upsampled(maps)
    assert fine.shape == (2, 1, *SIZE)
    corners = [(0, 0), (0, -1), (-1, 0), (-1, -1)]
    torch.testing.assert_close(
        torch.stack([fine[..., y, x] for y, x in corners]), torch.stack([coarse[..., y, x] for y, x in corners])
    )
