from .constructor import JointOptimWrapperConstructor
from .joint_optim_wrapper import JointOptimWrapper
from .repeated_sgd import RepeatedSGD

__all__ = ['JointOptimWrapper', 'JointOptimWrapperConstructor', 'RepeatedSGD']
