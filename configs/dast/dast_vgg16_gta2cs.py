"""DAST: DeepLab-VGG16, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/deeplabv2_vgg16.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/schedules/deeplab_vgg_250k.py',
    '../_base_/schedules/dast_stages.py',
    '../_base_/adaptations/dast.py',
]

# The released head returns after two of its four branches.
model = dict(decode_head=dict(num_branches=2), **_base_.dast)
# The released list lacks 500 random images, on which the authors choose a snapshot (dast_snapshot_r101_gta2cs.py).
train_dataloader = dict(dataset=dict(source=dict(leave_out=500)))
