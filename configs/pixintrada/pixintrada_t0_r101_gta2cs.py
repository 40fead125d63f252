"""PixIntraDA, stage II, first round (T=0), on Cityscapes images alone: DeepLabV2-R101, labels by stage I (GTA5)."""

_base_ = [
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/schedules/deeplab_target_250k_images.py',
    '../_base_/default_runtime.py',
    '../_base_/adaptations/pixintrada.py',
]

# Two of the head's four branches, as in stage I.
model = dict(decode_head=dict(num_branches=2), **_base_.pixintrada)
train_dataloader = dict(batch_size=4, dataset=dict(source=None, target=dict(pipeline=_base_.multi_scale_pipeline)))
# "Another segmentation network" than stage I's, from ImageNet weights: stage I's only makes the labels.
default_hooks = dict(
    pseudo_labels=dict(
        labeler=dict(
            config='configs/pixintrada/pixintrada_inter_r101_gta2cs.py',
            checkpoint='work_dirs/pixintrada_inter_r101_gta2cs/iter_150000.pth',
        )
    )
)
