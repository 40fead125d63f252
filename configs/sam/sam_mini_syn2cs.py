"""SAM, two generations: mini net on MiniCity, SYNTHIA to Cityscapes."""

_base_ = ['./sam_mini_gta2cs.py', '../_base_/datasets/mini_synthia.py']

train_dataloader = dict(dataset=dict(source=_base_.synthia_source))
val_evaluator = dict(subsets=_base_.synthia_subsets)
test_evaluator = val_evaluator
# Eq. 9 and 11.
model = dict(adaptations=dict(sam=dict(follow='attended', domains=('target',))))
source_only = dict(config='{{ fileDirname }}/../source_only/source_only_mini_syn2cs.py')
stages = dict(source=source_only, no_pseudo=source_only)
