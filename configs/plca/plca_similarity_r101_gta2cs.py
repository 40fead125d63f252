"""Table 1, "Sim-PLCA": similarities are raised without contrast; DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = './plca_r101_gta2cs.py'
model = dict(adaptations=dict(plca=dict(objective='similarity')))
