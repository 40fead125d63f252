"""MaxCos on a network of today: SegFormer-B0, translated GTA5 to Cityscapes. Not in the paper; nothing is tuned."""

_base_ = [
    '../_base_/models/segformer_mitb0.py',
    '../_base_/datasets/gta2cs_translated.py',
    '../_base_/schedules/adamw_40k.py',
    '../_base_/schedules/maxcos_stages.py',
    '../_base_/adaptations/maxcos.py',
]

# The last of the four levels, as with ResNet. All four would take a dictionary each.
model = dict(adaptations=dict(maxcos=dict(_base_.maxcos.adaptations.maxcos, in_index=[3])))
stages = dict(pl=dict(changes=dict(train_cfg=dict(max_iters=40000))))
