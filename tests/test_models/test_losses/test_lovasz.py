"""Lovasz-softmax: images without labels, and what is refused."""

import pytest
import torch

from mmseg_uda.models.losses import lovasz_softmax_loss

from ..plain_plca import maps


def test_lovasz_of_an_image_without_labels_counts_as_zero():
    prob = maps('kl', (4, 5))
    labels = torch.zeros(2, 4, 5, dtype=torch.long)
    labels[1] = 255
    half = lovasz_softmax_loss(prob, labels, per_image=True)
    torch.testing.assert_close(half, lovasz_softmax_loss(prob[:1], labels[:1]) / 2)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match=r"classes .* 'some'"):
        lovasz_softmax_loss(maps('kl', (4, 5)), torch.zeros(2, 4, 5, dtype=torch.long), 'some')
