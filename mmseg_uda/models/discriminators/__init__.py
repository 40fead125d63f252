from .base import BaseDiscriminator
from .fully_convolutional import FeatureDiscriminator, OutputDiscriminator

__all__ = ['BaseDiscriminator', 'FeatureDiscriminator', 'OutputDiscriminator']
