"""Maximum squares: DeepLabV2-ResNet101, GTA5 to Cityscapes. Starts from the source-only model."""

_base_ = [
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/schedules/deeplab_250k.py',
    '../_base_/adaptations/maxsquare.py',
]

# The released head returns after two of its four branches.
model = dict(decode_head=dict(num_branches=2), **_base_.maxsquare)
# Ten epochs of Cityscapes' 2975 images, poly to the end.
poly = dict(type='PolyLR', power=0.9, begin=0, end=29751, eta_min=0, by_epoch=False)
param_scheduler = dict(segmentor=[poly], discriminators=[poly])
train_cfg = dict(max_iters=29750, val_interval=2975)
stages = dict(
    source=dict(config='{{ fileDirname }}/../source_only/source_only_r101_gta2cs.py'),
    adapt=dict(load_from='source'),
)
