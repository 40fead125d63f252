from .base import Adaptation
from .class_mix import ClassMix
from .discriminator_attention import DiscriminatorAttention
from .ema_teacher import EMATeacher
from .entropy_minimization import EntropyMinimization
from .feature_adversary import FeatureAdversary
from .feature_distance import FeatureDistance
from .intrada import IntraDomainAdversary
from .masked_consistency import MaskedImageConsistency
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
    'ClassMix',
    'DiscriminatorAttention',
    'EMATeacher',
    'EntropyMinimization',
    'FeatureAdversary',
    'FeatureDistance',
    'IntraDomainAdversary',
    'LovaszSoftmax',
    'MaskedImageConsistency',
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
