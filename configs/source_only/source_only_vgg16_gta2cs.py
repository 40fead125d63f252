"""Source only: DeepLab-VGG16, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/deeplabv2_vgg16.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/schedules/deeplab_vgg_250k.py',
]

# The AdaptSegNet lineage sums two of the four branches.
model = dict(decode_head=dict(num_branches=2))
train_dataloader = dict(dataset=dict(target=None))
