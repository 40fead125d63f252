from .hooks import *  # noqa: F403
from .log_processor import UDALogProcessor
from .optimizers import JointOptimWrapper, JointOptimWrapperConstructor
from .safe_globals import register_safe_globals

register_safe_globals()

__all__ = ['JointOptimWrapper', 'JointOptimWrapperConstructor', 'UDALogProcessor']
