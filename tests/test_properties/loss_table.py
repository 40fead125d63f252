"""Every loss as a function of a batch, so that one test can ask them all the same question.

The batch is a map N,C,h,w that needs a gradient, another one, and labels N,h,w with 255 for ignored.
"""

from functools import partial

import torch
from torch import Tensor

from mmseg_uda.models import losses
from mmseg_uda.models.ops import discriminator_attention, lrent

from .batches import CLASSES

NEAR = 0.613
"""A threshold of similarities that no simple pair of vectors has exactly."""


def scores(maps: Tensor) -> Tensor:
    """What a discriminator gives for each pixel, N,1,h,w."""
    return maps[:, :1]


def adversarial(maps: Tensor, other: Tensor, labels: Tensor, label: float, kind: str) -> Tensor:
    return losses.domain_loss(scores(maps), label, kind)


def attention_weighted(maps: Tensor, other: Tensor, labels: Tensor) -> Tensor:
    return losses.attention_weighted_loss(scores(maps), discriminator_attention(scores(other)))


def rows(maps: Tensor) -> Tensor:
    return maps.movedim(1, -1).flatten(0, 2)


def cosine_similarity(maps: Tensor, other: Tensor, labels: Tensor, reduction: str, threshold: float = NEAR) -> Tensor:
    labelled = labels.flatten() != 255
    target, keys, classes = rows(maps)[labelled], rows(other)[labelled], labels.flatten()[labelled]
    source = [keys[classes == c] for c in range(CLASSES)]
    return losses.cosine_similarity_loss(target, classes, source, threshold, reduction).loss


def cycle_association(maps: Tensor, other: Tensor, labels: Tensor, similarity: str, objective: str) -> Tensor:
    if similarity == 'kl':
        maps, other = maps.softmax(1), other.softmax(1)
    return losses.cycle_association_loss(maps, other, labels, similarity, objective)[0]


def entropy(maps: Tensor, other: Tensor, labels: Tensor) -> Tensor:
    return losses.entropy_loss(maps.softmax(1))


def feature_distance(maps: Tensor, other: Tensor, labels: Tensor) -> Tensor:
    return losses.masked_feature_distance(maps, other, labels != 255)


def inter_pixel(maps: Tensor, other: Tensor, labels: Tensor, kind: str, reduction: str) -> Tensor:
    return losses.inter_pixel_loss(maps, other, kind, reduction)


def of_hard_pixels(maps: Tensor, other: Tensor, labels: Tensor, loss, **arguments) -> Tensor:
    return loss(scores(maps)[:, 0], labels != 255, **arguments)


def cts_discriminator(maps: Tensor, other: Tensor, labels: Tensor) -> Tensor:
    return losses.cts_discriminator_loss(scores(maps)[:, 0], scores(other)[:, 0].sigmoid())


def pla_printed(maps: Tensor, other: Tensor, labels: Tensor, half: int) -> Tensor:
    return losses.pla_printed_losses(scores(maps)[:, 0], labels != 255)[half].mean()


def label_smoothing(maps: Tensor, other: Tensor, labels: Tensor, **arguments) -> Tensor:
    return losses.adaptive_label_smoothing_loss(maps, **arguments)


def lovasz(maps: Tensor, other: Tensor, labels: Tensor, **arguments) -> Tensor:
    return losses.lovasz_softmax_loss(maps.softmax(1), labels, **arguments)


def max_squares(maps: Tensor, other: Tensor, labels: Tensor, variant: str) -> Tensor:
    return losses.maximum_squares_loss(maps.softmax(1), variant)


def image_wise_max_squares(maps: Tensor, other: Tensor, labels: Tensor, ratio: float, variant: str) -> Tensor:
    return losses.image_wise_maximum_squares_loss(maps.softmax(1), ratio, variant)


def pseudo_label(maps: Tensor, other: Tensor, labels: Tensor) -> Tensor:
    return losses.pseudo_label_loss(maps, labels)


def weighted_cross_entropy(maps: Tensor, other: Tensor, labels: Tensor) -> Tensor:
    return losses.weighted_cross_entropy(maps, labels, scores(other)[:, 0].sigmoid())


def kld(maps: Tensor, other: Tensor, labels: Tensor) -> Tensor:
    return losses.kld_loss(maps, labels != 255)


def masked_entropy(maps: Tensor, other: Tensor, labels: Tensor) -> Tensor:
    return losses.masked_entropy_loss(maps, labels != 255)


def soft_label(maps: Tensor, other: Tensor, labels: Tensor) -> Tensor:
    soft, _ = lrent(other.softmax(1), torch.full((CLASSES,), 0.5), temperature=0.25)
    return losses.soft_label_loss(maps, soft * (labels != 255).unsqueeze(1))


HARD = ('hard', 'all', 'sum')

SELECTING = {
    **{f'cosine_similarity_loss {r}': partial(cosine_similarity, reduction=r) for r in ('mean', 'sum', 'mean_all')},
    'cosine_similarity_loss all alike': partial(cosine_similarity, reduction='mean', threshold=-NEAR),
    **{
        f'cycle_association_loss {s} {o}': partial(cycle_association, similarity=s, objective=o)
        for s in ('cosine', 'kl')
        for o in ('contrast', 'similarity')
    },
    'masked_feature_distance': feature_distance,
    **{f'pla_segmentor_loss {r}': partial(of_hard_pixels, loss=losses.pla_segmentor_loss, reduction=r) for r in HARD},
    **{f'cts_segmentor_loss {r}': partial(of_hard_pixels, loss=losses.cts_segmentor_loss, reduction=r) for r in HARD},
    'pla_printed_losses segmentor': partial(pla_printed, half=1),
    'lovasz_softmax_loss present': lovasz,
    'lovasz_softmax_loss all': partial(lovasz, classes='all'),
    'lovasz_softmax_loss per image': partial(lovasz, per_image=True),
    'pseudo_label_loss': pseudo_label,
    'weighted_cross_entropy': weighted_cross_entropy,
    'kld_loss': kld,
    'masked_entropy_loss': masked_entropy,
    'soft_label_loss': soft_label,
}
"""Losses of the pixels that have a label (or are marked by one): without any they are 0."""

LOSSES = SELECTING | {
    **{
        f'domain_loss {kind} {label}': partial(adversarial, label=label, kind=kind)
        for kind in ('bce', 'ls')
        for label in (losses.SOURCE, losses.TARGET)
    },
    'attention_weighted_loss': attention_weighted,
    'entropy_loss': entropy,
    **{
        f'inter_pixel_loss {k} {r}': partial(inter_pixel, kind=k, reduction=r)
        for k in ('l1', 'kl', 'cosine')
        for r in ('mean', 'sum')
    },
    'pla_discriminator_loss': partial(of_hard_pixels, loss=losses.pla_discriminator_loss),
    'pla_printed_losses discriminator': partial(pla_printed, half=0),
    'cts_discriminator_loss': cts_discriminator,
    'adaptive_label_smoothing_loss': label_smoothing,
    'adaptive_label_smoothing_loss plain': partial(label_smoothing, threshold=None),
    'adaptive_label_smoothing_loss live weight': partial(label_smoothing, detach_weight=False),
    **{f'maximum_squares_loss {v}': partial(max_squares, variant=v) for v in ('paper', 'released')},
    **{
        f'image_wise_maximum_squares_loss {v} {ratio}': partial(image_wise_max_squares, ratio=ratio, variant=v)
        for v in ('paper', 'released')
        for ratio in (-0.2, 0.2)
    },
}
"""By the function's name, and what is asked of it."""
