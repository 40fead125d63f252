"""Evaluation protocols of the adaptation benchmarks."""

from .entropy_metric import EntropyIoUMetric
from .subset_iou_metric import SubsetIoUMetric

__all__ = ['EntropyIoUMetric', 'SubsetIoUMetric']
