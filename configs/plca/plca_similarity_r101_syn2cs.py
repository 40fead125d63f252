"""Table 1, "Sim-PLCA": similarities are raised without contrast; DeepLabV2-ResNet101, SYNTHIA to Cityscapes."""

_base_ = './plca_r101_syn2cs.py'
model = dict(adaptations=dict(plca=dict(objective='similarity')))
