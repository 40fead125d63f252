from .base import Adaptation
from .discriminator_attention import DiscriminatorAttention
from .entropy_minimisation import EntropyMinimisation
from .feature_adversary import FeatureAdversary
from .max_squares import MaxSquares
from .maxcos import MaxCosine
from .output_space_adversary import OutputSpaceAdversary
from .pixintrada import PixelIntraDomainAdversary
from .sam import SelfAttentionModule, SelfAttentionTraining, SelfAttentionTransfer
from .self_training import SelfTraining

__all__ = [
    'Adaptation',
    'DiscriminatorAttention',
    'EntropyMinimisation',
    'FeatureAdversary',
    'MaxCosine',
    'MaxSquares',
    'OutputSpaceAdversary',
    'PixelIntraDomainAdversary',
    'SelfAttentionModule',
    'SelfAttentionTraining',
    'SelfAttentionTransfer',
    'SelfTraining',
]
