"""Labels of the benchmarks' archives -> ``*_labelTrainIds.png`` beside them."""

from .convert import ConversionError, convert
from .layouts import LAYOUTS, Layout, Sample
from .statistics import ConversionSummary, print_summary

__all__ = [
    'LAYOUTS',
    'ConversionError',
    'ConversionSummary',
    'Layout',
    'Sample',
    'convert',
    'print_summary',
]
