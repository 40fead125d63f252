"""Source only: mini net on MiniCity, GTA5 to Cityscapes. Every other mini run starts from this model."""

_base_ = [
    '../_base_/models/mini.py',
    '../_base_/datasets/mini_gta2cs.py',
    '../_base_/schedules/mini_source.py',
]

train_dataloader = dict(dataset=dict(target=None))
