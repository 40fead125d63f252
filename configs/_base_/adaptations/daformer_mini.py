"""DAFormer for the small Mix Transformer, which starts from no ImageNet weights: no distance to their features."""

_base_ = './daformer.py'

daformer = dict(adaptations=dict(feature_distance=None))
