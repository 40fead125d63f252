"""DACS: small Mix Transformer on MiniCity, GTA5 to Cityscapes; every source image is as likely as any other."""

_base_ = [
    '../_base_/models/mini_mit.py',
    '../_base_/datasets/mini_gta2cs_crop_128.py',
    '../_base_/schedules/mini_mit_adapt.py',
    '../_base_/adaptations/dacs.py',
]

model = _base_.dacs
train_dataloader = dict(dataset=dict(source=dict(_base_.mini_source, _delete_=True)))
stages = dict(adapt=dict(load_from='source'))
