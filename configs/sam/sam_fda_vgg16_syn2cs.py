"""SAM, images styled by FDA in place of translated ones: FCN-8s-VGG16, SYNTHIA to Cityscapes."""

_base_ = './sam_vgg16_syn2cs.py'

styled = [*_base_.synthia_source.pipeline[:-1], _base_.fourier_style, _base_.synthia_source.pipeline[-1]]
train_dataloader = dict(dataset=dict(source=dict(data_prefix=dict(img_path='RGB'), pipeline=styled)))
