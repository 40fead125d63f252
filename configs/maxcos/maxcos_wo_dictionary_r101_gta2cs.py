"""Table 4, "w/o Dictionary": compared with the current source image alone; DeepLabV2-R101, GTA5."""

_base_ = './maxcos_r101_gta2cs.py'

model = dict(adaptations=dict(maxcos=dict(dict_size=None)))
