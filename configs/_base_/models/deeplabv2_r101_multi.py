"""DeepLabV2 on ResNet-101 with AdaptSegNet's auxiliary classifier on stage 3."""

_base_ = './deeplabv2_r101.py'

model = dict(
    auxiliary_head=dict(
        type='DeepLabV2Head',
        in_channels=1024,
        in_index=2,
        num_classes=19,
        loss_decode=dict(type='CrossEntropyLoss', avg_non_ignore=True, loss_weight=0.1),
    )
)
