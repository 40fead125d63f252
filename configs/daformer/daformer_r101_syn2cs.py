"""DAFormer: DeepLabV2-ResNet101, SYNTHIA to Cityscapes."""

_base_ = ['./daformer_r101_gta2cs.py', '../_base_/datasets/synthia.py']

pipeline = [*_base_.load_labeled, dict(_base_.bilinear_resize, scale=(1280, 760)), *_base_.crop_512_source]
train_dataloader = dict(dataset=dict(source=dict(dataset=dict(_base_.synthia_source, pipeline=pipeline))))
val_evaluator = dict(subsets=_base_.synthia_subsets)
test_evaluator = val_evaluator
