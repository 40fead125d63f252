"""MiniCity: a procedural street world in the on-disk formats of GTA5, SYNTHIA and Cityscapes."""

from .render import RenderError, plan_city, render_city

__all__ = ['RenderError', 'plan_city', 'render_city']
