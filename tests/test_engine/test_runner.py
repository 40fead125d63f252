"""What the Runner changes of MMEngine's."""

import logging

import torch
from torch import nn

from mmseg_uda.engine.runner import sync_bn_to_bn


def test_sync_bn_becomes_bn_and_the_log_says_so(caplog):
    logger = logging.getLogger('test_launch')
    with caplog.at_level(logging.INFO, 'test_launch'):
        net = sync_bn_to_bn(nn.Sequential(nn.Conv2d(3, 4, 1), nn.SyncBatchNorm(4)), logger)
        assert net(torch.rand(2, 3, 5, 5)).shape == (2, 4, 5, 5)
        assert 'SyncBN needs GPUs' in caplog.text
        caplog.clear()
        sync_bn_to_bn(nn.Sequential(nn.BatchNorm2d(4)), logger)
        assert not caplog.text
