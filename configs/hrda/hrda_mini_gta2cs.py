"""HRDA: small Mix Transformer on MiniCity, GTA5 to Cityscapes. MiniCity is too small for more resolution to help."""

_base_ = [
    '../_base_/models/mini_hrda.py',
    '../_base_/datasets/mini_gta2cs_crop_128.py',
    '../_base_/schedules/mini_mit_adapt.py',
    '../_base_/adaptations/daformer_mini.py',
]

model = _base_.daformer
stages = dict(
    source=dict(config='{{ fileDirname }}/../source_only/source_only_mini_hrda_gta2cs.py'),
    adapt=dict(load_from='source'),
)
