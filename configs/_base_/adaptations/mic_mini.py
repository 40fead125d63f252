"""MIC for MiniCity: blocks of the published size, scaled."""

_base_ = './mic.py'

mic = dict(adaptations=dict(masked=dict(block=8)))
