"""IntraDA: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = ['./pixintrada_mini_gta2cs.py', '../_base_/adaptations/intrada_mini.py']

model = dict(adaptations=dict(_base_.intrada.adaptations, _delete_=True))
easy = dict(_base_.cityscapes_target, _delete_=True, part='easy', pipeline=_base_.multi_scale_pipeline)
train_dataloader = dict(batch_size=2, dataset=dict(source=easy, target=dict(part='hard')))  # pairs: 4 target images
stages = dict(t0=None, t1=None, intra=dict(load_from='inter'))
