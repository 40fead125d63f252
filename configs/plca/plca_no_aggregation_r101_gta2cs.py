"""Table 1, "PLCA w/o SAGG": no spatial aggregation; DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = './plca_r101_gta2cs.py'
model = dict(adaptations=dict(plca=dict(aggregation=0.0)))
