"""How sure a model is where it is right and where it is wrong."""

from collections.abc import Sequence

import torch
from mmseg.registry import METRICS
from torch import Tensor

from .subset_iou_metric import SubsetIoUMetric


def mean_entropies(logits: Tensor, prediction: Tensor, label: Tensor, ignore_index: int = 255) -> tuple[float, float]:
    """Mean entropy of an image's correctly and incorrectly classified pixels (SAM, Eq. 12).

    Args:
        logits: C,H,W, or logarithms of probabilities.
        prediction: Classes, H,W.
        label: The same, with ``ignore_index`` where there is none; those pixels belong to neither group.

    Returns:
        Both in nats, in [0, log C]; NaN for a group without pixels.
    """
    log_prob = logits.float().log_softmax(dim=0)
    entropy = -(log_prob.exp() * log_prob).sum(dim=0)
    right, valid = prediction == label, label != ignore_index
    return tuple(entropy[group & valid].double().mean().item() for group in (right, ~right))


@METRICS.register_module()
class EntropyIoUMetric(SubsetIoUMetric):
    """Mean IoU, and the entropy of predictions on correct and on incorrect pixels.

    SAM's entropy analysis: per image the mean over each group's pixels (:func:`mean_entropies`), then the mean over the
    images that have such pixels. Arguments are those of :class:`SubsetIoUMetric`, so that any config is analysed by
    ``test_evaluator.type=EntropyIoUMetric``, or in the course of its training by ``val_evaluator.type=``. Added to what
    ``compute_metrics`` returns: ``entropy.correct`` and ``entropy.incorrect``, in nats.
    """

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Add each sample's confusion counts and mean entropies."""
        super().process(data_batch, data_samples)
        if self.format_only:
            return
        first = len(self.results) - len(data_samples)
        for i, sample in enumerate(data_samples, first):
            label, prediction = sample['gt_sem_seg']['data'][0], sample['pred_sem_seg']['data'][0]
            logits = sample['seg_logits']['data']
            entropies = mean_entropies(logits, prediction, label.to(prediction), self.ignore_index)
            self.results[i] = (self.results[i], entropies)

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Metrics of all samples of all ranks."""
        if self.format_only:
            return super().compute_metrics(results)
        metrics = super().compute_metrics([counts for counts, _ in results])
        means = torch.tensor([entropies for _, entropies in results], dtype=torch.float64).nanmean(dim=0)
        return metrics | {'entropy.correct': means[0].item(), 'entropy.incorrect': means[1].item()}
