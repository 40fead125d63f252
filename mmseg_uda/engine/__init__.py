from . import safe_loading  # noqa: F401, registers the loader
from .hooks import *  # noqa: F403
from .log_processor import UDALogProcessor
from .optimizers import JointOptimWrapper, JointOptimWrapperConstructor

__all__ = ['JointOptimWrapper', 'JointOptimWrapperConstructor', 'UDALogProcessor']
