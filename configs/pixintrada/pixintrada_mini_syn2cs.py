"""PixIntraDA: mini net on MiniCity, SYNTHIA to Cityscapes."""

_base_ = ['./pixintrada_mini_gta2cs.py', '../_base_/datasets/mini_synthia.py']

val_evaluator = dict(subsets=_base_.synthia_subsets)
test_evaluator = val_evaluator
stages = dict(inter=dict(config='{{ fileDirname }}/../adaptseg/adaptseg_mini_syn2cs.py'))
