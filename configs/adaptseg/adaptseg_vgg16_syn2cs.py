"""AdaptSegNet, single level: DeepLab-VGG16, SYNTHIA to Cityscapes."""

_base_ = ['./adaptseg_vgg16_gta2cs.py', '../_base_/datasets/synthia.py']

train_dataloader = dict(dataset=dict(source=_base_.synthia_source))
val_evaluator = dict(subsets=_base_.synthia_subsets)
test_evaluator = val_evaluator
