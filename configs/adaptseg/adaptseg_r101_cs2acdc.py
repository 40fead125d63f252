"""AdaptSegNet, multi level: DeepLabV2-ResNet101, Cityscapes to ACDC."""

_base_ = ['./adaptseg_r101_gta2cs.py', '../_base_/datasets/cityscapes_source.py', '../_base_/datasets/acdc.py']

train_dataloader = dict(dataset=dict(source=_base_.cityscapes_source, target=_base_.acdc_target))
val_dataloader = dict(dataset=_base_.acdc_labeled)
test_dataloader = val_dataloader
test_pipeline = _base_.acdc_labeled.pipeline
