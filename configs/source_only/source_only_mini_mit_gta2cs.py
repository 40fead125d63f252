"""Source only: small Mix Transformer on MiniCity, GTA5 to Cityscapes. DAFormer's family starts from this model."""

_base_ = [
    '../_base_/models/mini_mit.py',
    '../_base_/datasets/mini_gta2cs_crop_128.py',
    '../_base_/schedules/mini_source.py',
]

train_dataloader = dict(batch_size=4, dataset=dict(source=dict(_base_.mini_source, _delete_=True), target=None))
