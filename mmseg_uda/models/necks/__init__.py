from .residual_tail import ResidualTail
from .vgg_tail import VGGTail

__all__ = ['ResidualTail', 'VGGTail']
