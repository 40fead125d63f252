"""DeepLabV2 on ResNet-101 as PLCA trains it: BatchNorm is trained, over all GPUs; no biases in the head."""

_base_ = './deeplabv2_r101.py'

model = dict(
    # The released code forwards the target first; statistics of BatchNorm depend on the order.
    domain_order=('target', 'source'),
    # Where there is no GPU, SyncBN becomes BN.
    backbone=dict(norm_cfg=dict(type='SyncBN', requires_grad=True)),
    # The released head has no initialisation of its own: PyTorch's default for convolutions.
    decode_head=dict(
        bias=False,
        align_corners=False,
        init_cfg=dict(
            type='Kaiming', layer='Conv2d', a=5**0.5, mode='fan_in', nonlinearity='leaky_relu', distribution='uniform'
        ),
    ),
)
