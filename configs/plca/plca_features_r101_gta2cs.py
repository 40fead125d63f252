"""Table 1, "+ L_fass": association of features, no label smoothing; DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = './plca_r101_gta2cs.py'
model = dict(adaptations=dict(plca=dict(on=('feature',)), label_smoothing=dict(loss_weight=0.0)))
