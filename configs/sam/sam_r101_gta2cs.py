"""SAM, five generations: DeepLabV2-ResNet101, translated GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/datasets/gta2cs_translated.py',
    '../_base_/schedules/deeplab_120k.py',
    '../_base_/schedules/sam_stages.py',
    '../_base_/adaptations/sam.py',
]

model = dict(adaptations=dict(**_base_.self_training_bdl.adaptations, **_base_.sam.adaptations))
