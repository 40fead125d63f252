"""Source only at two resolutions: small Mix Transformer on MiniCity, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/mini_hrda.py',
    '../_base_/datasets/mini_gta2cs_crop_128.py',
    '../_base_/schedules/mini_source.py',
]

train_dataloader = dict(batch_size=4, dataset=dict(source=dict(_base_.mini_source, _delete_=True), target=None))
