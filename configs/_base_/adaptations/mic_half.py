"""MIC for images at half resolution."""

_base_ = './mic.py'

mic = dict(adaptations=dict(masked=dict(block=32)))
