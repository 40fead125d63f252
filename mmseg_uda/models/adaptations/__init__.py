from .base import Adaptation
from .discriminator_attention import DiscriminatorAttention
from .entropy_minimization import EntropyMinimization
from .feature_adversary import FeatureAdversary
from .intrada import IntraDomainAdversary
from .max_squares import MaxSquares
from .maxcos import MaxCosine
from .output_space_adversary import OutputSpaceAdversary
from .pixintrada import PixelIntraDomainAdversary
from .plca import AdaptiveLabelSmoothing, LovaszSoftmax, PixelCycleAssociation
from .sam import SelfAttentionModule, SelfAttentionTraining, SelfAttentionTransfer
from .self_training import SelfTraining

__all__ = [
    'Adaptation',
    'AdaptiveLabelSmoothing',
    'DiscriminatorAttention',
    'EntropyMinimization',
    'FeatureAdversary',
    'IntraDomainAdversary',
    'LovaszSoftmax',
    'MaxCosine',
    'MaxSquares',
    'OutputSpaceAdversary',
    'PixelCycleAssociation',
    'PixelIntraDomainAdversary',
    'SelfAttentionModule',
    'SelfAttentionTraining',
    'SelfAttentionTransfer',
    'SelfTraining',
]
