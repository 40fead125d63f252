"""Trained models for where this package is not: plain MMSegmentation, and ONNX."""

from .plain_config import plain_config, unscored_because
from .plain_model import plain_meta, plain_model, plain_state_dict

__all__ = ['plain_config', 'plain_meta', 'plain_model', 'plain_state_dict', 'unscored_because']
