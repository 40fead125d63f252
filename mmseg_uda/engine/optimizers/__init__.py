from .constructor import JointOptimWrapperConstructor
from .joint_optim_wrapper import JointOptimWrapper

__all__ = ['JointOptimWrapper', 'JointOptimWrapperConstructor']
