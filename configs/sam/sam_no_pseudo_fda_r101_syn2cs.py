"""SAM's "No Pseudo", source images alone, by FDA: DeepLabV2-ResNet101, SYNTHIA to Cityscapes."""

_base_ = [
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/datasets/syn2cs_fda.py',
    '../_base_/schedules/deeplab_120k.py',
]

train_dataloader = dict(dataset=dict(target=None))
