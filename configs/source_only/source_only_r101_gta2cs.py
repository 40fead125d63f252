"""Source only: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/schedules/deeplab_250k.py',
]

# The AdaptSegNet lineage sums two of the four branches.
model = dict(decode_head=dict(num_branches=2))
train_dataloader = dict(dataset=dict(target=None))
