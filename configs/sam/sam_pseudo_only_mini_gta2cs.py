"""SAM's "Pseudo-Only", one generation of self-training: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/mini.py',
    '../_base_/datasets/mini_gta2cs.py',
    '../_base_/schedules/mini_adapt.py',
    '../_base_/adaptations/self_training_bdl.py',
]

# A fresh network is one that starts from the source-only model, which also makes the labels.
model = _base_.self_training_bdl
