"""Which pixels of the target images get a pseudo label."""

from .base import BaseSelector
from .bdl import BDLSelector
from .dast import DASTSelector
from .entropy_ranking import EntropyRankingSelector
from .ias import IASSelector
from .pixintrada import PixIntraDASelector
from .top_portion import TopPortionSelector

__all__ = [
    'BDLSelector',
    'BaseSelector',
    'DASTSelector',
    'EntropyRankingSelector',
    'IASSelector',
    'PixIntraDASelector',
    'TopPortionSelector',
]
