"""A small adversarial segmentor and batches for it, as the tests of the training step need them."""

import torch
from mmengine.config import ConfigDict
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

import mmseg_uda.engine
import mmseg_uda.models  # noqa: F401, registers the components
from mmseg_uda.models import UDASegmentor

CLASSES = 5


def segmentor_config(norm: str = 'BN', auxiliary: bool = False, **adaptations) -> dict:
    """A two-stage ResNet with a head of one convolution, and another on request; ``adaptations`` as in a config."""
    norm_cfg = dict(type='BN') if norm == 'BN' else dict(type='GN', num_groups=4)
    config = ConfigDict(
        type='UDASegmentor',
        data_preprocessor=dict(
            type='UDADataPreprocessor',
            mean=[127.5] * 3,
            std=[64.0] * 3,
            bgr_to_rgb=True,
            size_divisor=1,
            seg_pad_val=255,
        ),
        backbone=dict(
            type='ResNet',
            depth=18,
            stem_channels=8,
            base_channels=8,
            num_stages=2,
            strides=(1, 2),
            dilations=(1, 1),
            out_indices=(0, 1),
            norm_cfg=norm_cfg,
            norm_eval=False,
        ),
        decode_head=dict(
            type='FCNHead',
            in_channels=16,
            in_index=1,
            channels=16,
            num_convs=1,
            concat_input=False,
            dropout_ratio=0,
            num_classes=CLASSES,
            norm_cfg=norm_cfg,
            align_corners=True,
            loss_decode=dict(type='CrossEntropyLoss', avg_non_ignore=True),
        ),
        adaptations=adaptations,
        test_cfg=dict(mode='whole'),
    )
    if auxiliary:
        config.auxiliary_head = dict(config.decode_head, in_index=0, in_channels=8)
    return config


ADVERSARY = dict(
    type='OutputSpaceAdversary',
    discriminator=dict(type='OutputDiscriminator', in_channels=CLASSES, channels=(8, 16)),
    loss_weight=0.1,
)
ATTENTION = dict(type='DiscriminatorAttention', discriminator=dict(type='FeatureDiscriminator', in_channels=16))
SELF_ATTENTION = dict(type='SelfAttentionModule', channels=CLASSES)
EVERY_ADAPTATION = dict(
    OutputSpaceAdversary=ADVERSARY,
    DiscriminatorAttention=ATTENTION,
    FeatureAdversary=dict(ATTENTION, type='FeatureAdversary'),
    IntraDomainAdversary=dict(ADVERSARY, type='IntraDomainAdversary', maps='entropy'),
    EntropyMinimization=dict(type='EntropyMinimization', loss_weight=0.1),
    MaxSquares=dict(type='MaxSquares'),
    SelfTraining=dict(type='SelfTraining', kld_weight=0.1),
    MaxCosine=dict(type='MaxCosine', threshold=0.2, dict_size=50, loss_weight=0.1),
    PixelIntraDomainAdversary=dict(
        type='PixelIntraDomainAdversary',
        discriminator=dict(ADVERSARY['discriminator'], upsample=True),
        loss_weight=0.1,
    ),
    PixelCycleAssociation=dict(type='PixelCycleAssociation'),
    LovaszSoftmax=dict(type='LovaszSoftmax'),
    AdaptiveLabelSmoothing=dict(type='AdaptiveLabelSmoothing', loss_weight=0.1, threshold=None),
    SelfAttentionTraining=dict(type='SelfAttentionTraining', module=SELF_ATTENTION),
    EMATeacher=dict(type='EMATeacher', threshold=0.25),
    ClassMix=dict(type='ClassMix', teacher='EMATeacher'),
    MaskedImageConsistency=dict(type='MaskedImageConsistency', teacher='EMATeacher', block=8),
    FeatureDistance=dict(type='FeatureDistance', classes=(0, 1, 2), min_share=0.2, loss_weight=0.1),
    SelfAttentionTransfer=dict(type='SelfAttentionTransfer', module=SELF_ATTENTION),
)
"""One of each class that a config may name."""


def build_segmentor(seed: int = 0, norm: str = 'BN', auxiliary: bool = False, **adaptations) -> UDASegmentor:
    torch.manual_seed(seed)
    model = MODELS.build(segmentor_config(norm, auxiliary, **adaptations))
    model.init_weights()
    return model


def domain_batch(generator: torch.Generator, size: tuple[int, int], count: int = 2, labelled: bool = True) -> dict:
    """A batch of one domain as the data loader collates it."""
    inputs = [torch.randint(0, 256, (3, *size), generator=generator, dtype=torch.uint8) for _ in range(count)]
    samples = []
    for _ in range(count):
        sample = SegDataSample(metainfo=dict(img_shape=size, ori_shape=size, pad_shape=size))
        if labelled:
            sample.gt_sem_seg = PixelData(data=torch.randint(0, CLASSES, (1, *size), generator=generator))
        samples.append(sample)
    return dict(inputs=inputs, data_samples=samples)


def pair_batch(seed: int, target_labels: bool = False, same_size: bool = False) -> dict:
    """A batch of both domains, whose sizes differ unless they must not."""
    generator = torch.Generator().manual_seed(seed)
    return dict(
        source=domain_batch(generator, (32, 64)),
        target=domain_batch(generator, (32, 64) if same_size else (40, 48), labelled=target_labels),
    )
