"""DAST's discriminator attention for DeepLab-VGG16, whose tap (conv5_3) has 512 channels."""

_base_ = './dast.py'

dast = dict(adaptations=dict(attention=dict(discriminator=dict(in_channels=512))))
