"""SAM's second run for FCN-8s-VGG16: a smaller weight."""

_base_ = './sam.py'

sam = dict(adaptations=dict(sam=dict(loss_weight=0.001)))
