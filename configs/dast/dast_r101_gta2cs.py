"""DAST: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/deeplabv2_r101_split.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/schedules/deeplab_250k.py',
    '../_base_/schedules/dast_stages.py',
    '../_base_/adaptations/dast.py',
]

# The released head returns after two of its four branches, and the block after the tap has a randomly initialised
# shortcut convolution.
model = dict(decode_head=dict(num_branches=2), neck=dict(shortcut='conv'), **_base_.dast)
# The released list lacks 500 random images, on which the authors choose a snapshot (dast_snapshot_r101_gta2cs.py).
train_dataloader = dict(dataset=dict(source=dict(leave_out=500)))
