"""The AdaptSegNet lineage on DeepLab-VGG16: as for ResNet, with one learning rate for the whole segmentor."""

_base_ = './deeplab_250k.py'

optim_wrapper = dict(segmentor=dict(paramwise_cfg=None))
