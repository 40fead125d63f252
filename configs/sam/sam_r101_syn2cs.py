"""SAM, five generations: DeepLabV2-ResNet101, translated SYNTHIA to Cityscapes."""

_base_ = ['./sam_r101_gta2cs.py', '../_base_/datasets/synthia.py']

train_dataloader = dict(dataset=dict(source=_base_.synthia_translated))
val_evaluator = dict(subsets=_base_.synthia_subsets)
test_evaluator = val_evaluator
# Eq. 9 and 11.
model = dict(adaptations=dict(sam=dict(follow='attended', domains=('target',))))
