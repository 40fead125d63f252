"""Table 4, "w/o Class-wise Split": all target with all current source features; DeepLabV2-R101, GTA5."""

_base_ = './maxcos_r101_gta2cs.py'

model = dict(adaptations=dict(maxcos=dict(dict_size=None, split_classes=False)))
