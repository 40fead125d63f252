"""DAFormer without its feature distance: small Mix Transformer on MiniCity, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/mini_mit.py',
    '../_base_/datasets/mini_gta2cs_crop_128.py',
    '../_base_/schedules/mini_mit_adapt.py',
    '../_base_/adaptations/daformer_mini.py',
]

model = _base_.daformer
stages = dict(adapt=dict(load_from='source'))
