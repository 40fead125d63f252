"""PixIntraDA: DeepLabV2-ResNet101, SYNTHIA to Cityscapes. Fewer pixels are hard."""

_base_ = ['./pixintrada_r101_gta2cs.py', '../_base_/datasets/synthia.py']

val_evaluator = dict(subsets=_base_.synthia_subsets)
test_evaluator = val_evaluator
model = dict(adaptations=dict(pixintrada=dict(labeling=dict(selector=dict(alpha=0.79)))))
# The paper takes BDL's released model here (README).
stages = dict(inter=dict(_delete_=True, config='{{ fileDirname }}/bdl_r101_syn2cs.py'))
