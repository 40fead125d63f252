"""Labels of the benchmarks' archives -> ``*_labelTrainIds.png`` beside them."""

from .convert import convert
from .layouts import LAYOUTS, Layout, Sample
from .statistics import ConversionSummary, print_summary

__all__ = [
    'LAYOUTS',
    'ConversionSummary',
    'Layout',
    'Sample',
    'convert',
    'print_summary',
]
