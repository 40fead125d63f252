"""A handful of target images and a tiny segmentor with random weights."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config, ConfigDict
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS

import mmseg_uda.datasets
import mmseg_uda.models  # noqa: F401

CLASSES = ('road', 'building', 'sky', 'car', 'person')
SIZE = (32, 48)

MODEL = ConfigDict(
    type='UDASegmentor',
    data_preprocessor=dict(type='UDADataPreprocessor', mean=[127.5] * 3, std=[64.0] * 3, size_divisor=1),
    backbone=dict(
        type='ResNet', depth=18, stem_channels=8, base_channels=8, strides=(1, 2, 1, 1), norm_cfg=dict(type='BN')
    ),
    decode_head=dict(
        type='FCNHead',
        in_channels=64,
        in_index=3,
        channels=16,
        num_convs=1,
        concat_input=False,
        dropout_ratio=0.1,
        num_classes=len(CLASSES),
        norm_cfg=dict(type='BN'),
        align_corners=True,
        loss_decode=dict(type='CrossEntropyLoss', avg_non_ignore=True),
    ),
    adaptations=dict(self_training=dict(type='SelfTraining', labeling=dict(selector=dict(type='DASTSelector')))),
    test_cfg=dict(mode='whole'),
)


def target_config(images: Path) -> dict:
    """``train_dataloader.dataset.target``."""
    return dict(
        type='UnlabeledDataset',
        data_root=str(images),
        data_prefix=dict(img_path='leftImg8bit'),
        img_suffix='_leftImg8bit.png',
        metainfo=dict(classes=CLASSES),
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='Resize', scale=SIZE[::-1], keep_ratio=False),
            dict(type='LoadPseudoLabels'),
            dict(type='PackDomainInputs'),
        ],
    )


def train_config(images: Path) -> Config:
    """What the tool and the hook read of a training config."""
    return Config(
        dict(
            default_scope='mmseg',
            custom_imports=dict(
                imports=['mmseg_uda.models', 'mmseg_uda.datasets', 'mmseg_uda.engine'], allow_failed_imports=False
            ),
            model=MODEL,
            train_dataloader=dict(
                batch_size=2,
                num_workers=0,
                sampler=dict(type='DomainPairSampler', seed=3),
                dataset=dict(type='DomainPairDataset', source=None, target=target_config(images)),
            ),
        )
    )


@pytest.fixture(scope='session')
def images(tmp_path_factory) -> Path:
    """Data root with seven 48x64 images in two folders."""
    root = tmp_path_factory.mktemp('target')
    rng = np.random.default_rng(0)
    for index in range(7):
        city = 'aachen' if index < 4 else 'bochum'
        folder = root / 'leftImg8bit' / city
        folder.mkdir(parents=True, exist_ok=True)
        coarse = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        cv2.imwrite(str(folder / f'{city}_{index:06d}_leftImg8bit.png'), cv2.resize(coarse, (64, 48), interpolation=2))
    return root


def build_model() -> torch.nn.Module:
    """The tiny segmentor; its logits are scaled up so that confidences spread."""
    init_default_scope('mmseg')
    torch.manual_seed(0)
    model = MODELS.build(MODEL)
    torch.nn.init.normal_(model.decode_head.conv_seg.weight, std=1.5)
    return model


@pytest.fixture
def model() -> torch.nn.Module:
    return build_model()


@pytest.fixture
def target(images) -> dict:
    return target_config(images)


@pytest.fixture
def config(images) -> Config:
    return train_config(images)
