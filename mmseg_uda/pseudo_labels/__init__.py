"""Pseudo labels: streaming statistics, selectors, generation."""

from .dataset import labelling_dataset
from .generation import generate_pseudo_labels
from .histogram import ConfidenceHistogram
from .labelling import Labelling, load_labeller, wanted_labelling
from .prediction import evaluating, target_probabilities
from .rounds import Manifest, fingerprint, image_name, point_current_at
from .selectors import (
    BaseSelector,
    BDLSelector,
    DASTSelector,
    EntropyRankingSelector,
    IASSelector,
    PixIntraDASelector,
    TopPortionSelector,
)

__all__ = [
    'BDLSelector',
    'BaseSelector',
    'ConfidenceHistogram',
    'DASTSelector',
    'EntropyRankingSelector',
    'IASSelector',
    'Labelling',
    'Manifest',
    'PixIntraDASelector',
    'TopPortionSelector',
    'evaluating',
    'fingerprint',
    'generate_pseudo_labels',
    'image_name',
    'labelling_dataset',
    'load_labeller',
    'point_current_at',
    'target_probabilities',
    'wanted_labelling',
]
