"""Evaluation protocols of the adaptation benchmarks."""

from .entropy_metric import EntropyIoUMetric
from .subset_iou_metric import SubsetIoUMetric
from .unlabeled_metric import UnlabeledMetric

__all__ = ['EntropyIoUMetric', 'SubsetIoUMetric', 'UnlabeledMetric']
