"""Label maps at a feature's resolution."""

import torch
from torch.nn.functional import interpolate

from mmseg_uda.models.ops import nearest_labels


def test_nearest_labels_takes_the_floor():
    labels = torch.arange(70).view(1, 7, 10)
    expected = interpolate(labels[:, None].double(), (3, 4), mode='nearest')[:, 0].long()
    assert torch.equal(nearest_labels(labels, (3, 4)), expected)
