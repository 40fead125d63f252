"""MaxCos, images styled by FDA in place of translated ones: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = './maxcos_r101_gta2cs.py'

styled = [*_base_.source_pipeline[:-1], _base_.fourier_style, _base_.source_pipeline[-1]]
train_dataloader = dict(dataset=dict(source=dict(data_prefix=dict(img_path='images'), pipeline=styled)))
