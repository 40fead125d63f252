"""DeepLabV2 on ResNet-101 as DAFormer, HRDA and MIC train it: MMSeg's network and weights, BatchNorm trained."""

_base_ = './imagenet_input.py'

model = dict(
    backbone=dict(
        type='ResNetV1c',
        depth=101,
        strides=(1, 2, 1, 1),
        dilations=(1, 1, 2, 4),
        contract_dilation=True,
        norm_cfg=dict(type='BN'),
        init_cfg=dict(type='Pretrained', checkpoint='open-mmlab://resnet101_v1c'),
    ),
    # Two of the four branches, as everywhere in this lineage; the loss is a mean over all pixels, ignored ones too.
    decode_head=dict(
        type='DeepLabV2Head',
        num_classes=19,
        num_branches=2,
        align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss'),
    ),
)
