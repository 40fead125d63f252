"""SAM, six generations: FCN-8s-VGG16, translated SYNTHIA to Cityscapes."""

_base_ = ['./sam_vgg16_gta2cs.py', '../_base_/datasets/synthia.py']

train_dataloader = dict(dataset=dict(source=_base_.synthia_translated))
val_evaluator = dict(subsets=_base_.synthia_subsets)
test_evaluator = val_evaluator
