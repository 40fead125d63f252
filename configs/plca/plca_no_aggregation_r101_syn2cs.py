"""Table 1, "PLCA w/o SAGG": no spatial aggregation; DeepLabV2-ResNet101, SYNTHIA to Cityscapes."""

_base_ = './plca_r101_syn2cs.py'
model = dict(adaptations=dict(plca=dict(aggregation=0.0)))
