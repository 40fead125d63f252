"""MaxCos, images styled by FDA: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = './maxcos_mini_gta2cs.py'

styled = [*_base_.source_pipeline[:-1], _base_.fourier_style, _base_.source_pipeline[-1]]
train_dataloader = dict(dataset=dict(source=dict(pipeline=styled)))
