"""PixIntraDA, stage I (INTER): AdaptSegNet, multi level, on translated GTA5 images; DeepLabV2-ResNet101."""

_base_ = '../adaptseg/adaptseg_r101_gta2cs.py'

train_dataloader = dict(dataset=dict(source=dict(data_prefix=dict(img_path='images_translated'))))
