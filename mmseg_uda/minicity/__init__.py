"""MiniCity: a procedural street world in the on-disk formats of GTA5, SYNTHIA and Cityscapes."""

from mmseg_uda.errors import UserError

from .render import plan_city, render_city

__all__ = ['UserError', 'plan_city', 'render_city']
