"""MIC for Cityscapes to ACDC and Dark Zurich: one image of each domain is masked, without augmentation, as released."""

_base_ = './mic.py'

mic = dict(adaptations=dict(masked=dict(domains=('source', 'target'), augmentation=None)))
