"""Maximum squares: DeepLabV2-ResNet101, GTA5 to Cityscapes. Starts from the source-only model."""

_base_ = [
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/schedules/deeplab_250k.py',
    '../_base_/default_runtime.py',
    '../_base_/adaptations/maxsquare.py',
]

load_from = 'work_dirs/source_only_r101_gta2cs/iter_150000.pth'
model = dict(
    # The released head returns after two of its four branches.
    decode_head=dict(num_branches=2),
    adaptations=_base_.maxsquare.adaptations,
)
# Ten epochs of Cityscapes' 2975 images, poly to the end.
poly = dict(type='PolyLR', power=0.9, begin=0, end=29751, eta_min=0, by_epoch=False)
param_scheduler = dict(segmentor=[poly], discriminators=[poly])
train_cfg = dict(max_iters=29750, val_interval=2975)
