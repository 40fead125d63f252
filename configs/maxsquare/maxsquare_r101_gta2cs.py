"""Maximum squares: DeepLabV2-ResNet101, GTA5 to Cityscapes. Starts from a source-only model of its own."""

_base_ = [
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/schedules/deeplab_250k.py',
    '../_base_/adaptations/maxsquare.py',
]

# The released head returns after two of its four branches.
model = dict(decode_head=dict(num_branches=2), **_base_.maxsquare)
# The released code mirrors and blurs the images of both domains, and scores at 1024x512.
mirror_and_blur = [dict(type='RandomFlip', prob=0.5), dict(type='RandomGaussianBlur', prob=0.5, radius=(0, 1))]
augmented = [*_base_.source_pipeline[:-1], *mirror_and_blur, _base_.source_pipeline[-1]]
augmented_target = [*_base_.target_pipeline[:-1], *mirror_and_blur, _base_.target_pipeline[-1]]
load, resize, annotations, pack = _base_.test_pipeline
scored_small = dict(pipeline=[load, annotations, resize, dict(type='ScoreAtThisSize'), pack])
train_dataloader = dict(dataset=dict(source=dict(pipeline=augmented), target=dict(pipeline=augmented_target)))
val_dataloader = dict(dataset=scored_small)
test_dataloader = val_dataloader
# Ten epochs of Cityscapes' 2975 images; poly over 2976 an epoch, as released.
poly = dict(type='PolyLR', power=0.9, begin=0, end=29761, eta_min=0, by_epoch=False)
param_scheduler = dict(segmentor=[poly], discriminators=[poly])
train_cfg = dict(max_iters=29750, val_interval=2975)
poly_source = dict(poly, end=200001)
stages = dict(
    # Poly over 200k iterations, stopped at 80k.
    source=dict(
        config='{{ fileDirname }}/../source_only/source_only_r101_gta2cs.py',
        changes=dict(
            train_dataloader=dict(dataset=dict(source=dict(pipeline=augmented))),
            val_dataloader=dict(dataset=scored_small),
            test_dataloader=dict(dataset=scored_small),
            param_scheduler=dict(segmentor=[poly_source], discriminators=[poly_source]),
            train_cfg=dict(max_iters=80000),
        ),
    ),
    adapt=dict(load_from='source'),
)
