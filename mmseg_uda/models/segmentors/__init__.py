from .logit_ensemble import LogitEnsemble
from .uda_segmentor import UDASegmentor

__all__ = ['LogitEnsemble', 'UDASegmentor']
