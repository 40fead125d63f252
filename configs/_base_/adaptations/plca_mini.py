"""PLCA for the mini net, which needs nothing of its own: the feature is whatever level the head reads."""

_base_ = './plca.py'
