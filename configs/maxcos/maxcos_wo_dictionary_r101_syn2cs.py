"""Table 4, "w/o Dictionary": compared with the current source image alone; DeepLabV2-R101, SYNTHIA."""

_base_ = './maxcos_r101_syn2cs.py'

model = dict(adaptations=dict(maxcos=dict(dict_size=None)))
