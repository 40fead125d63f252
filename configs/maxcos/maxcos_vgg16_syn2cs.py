"""MaxCos: FCN-8s-VGG16, translated SYNTHIA to Cityscapes."""

_base_ = ['./maxcos_vgg16_gta2cs.py', '../_base_/datasets/synthia.py']

train_dataloader = dict(dataset=dict(source=_base_.synthia_translated))
val_evaluator = dict(subsets=_base_.synthia_subsets)
test_evaluator = val_evaluator
model = dict(adaptations=dict(maxcos=dict(threshold=0.2)))
