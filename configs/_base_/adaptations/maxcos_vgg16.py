"""MaxCos for FCN-8s-VGG16 and GTA5 (Table 5): pool3, pool4 and fc7, each with a dictionary."""

_base_ = './maxcos.py'

maxcos = dict(adaptations=dict(maxcos=dict(threshold=0.4, dict_size=2000, loss_weight=0.001)))
