"""How good a model may be on images without labels: numbers to choose a checkpoint by."""

from collections.abc import Sequence

import torch
from mmengine.evaluator import BaseMetric
from mmseg.registry import METRICS
from torch import Tensor
from torch.nn import functional as F


def entropy(prob: Tensor, dim: int = 0) -> Tensor:
    """Entropy in nats of distributions along ``dim``, in [0, log C]; a probability of 0 adds nothing."""
    return torch.special.entr(prob).sum(dim)


def neighborhood_density(prob: Tensor, temperature: float = 0.05) -> Tensor:
    r"""Soft neighbourhood density (Saito et al., *Tune it the Right Way*, ICCV 2021, Eq. 1-3).

    .. math:: \mathrm{SND} = -\frac1n \sum_i \sum_{j \ne i} P_{ij} \log P_{ij}, \quad
        P_{ij} = \frac{\exp(\cos(p_i, p_j) / \tau)}{\sum_{k \ne i} \exp(\cos(p_i, p_k) / \tau)}

    Args:
        prob: Predicted distributions of n pixels, n,C; n is at least 2.
        temperature: :math:`\tau`.

    Returns:
        A scalar in [0, log(n - 1)]; high where pixels have many neighbours that are predicted alike.
    """
    unit = F.normalize(prob, dim=1)
    cosines = (unit @ unit.T).fill_diagonal_(-torch.inf)
    return entropy((cosines / temperature).softmax(dim=1), dim=1).mean()


@METRICS.register_module()
class UnlabeledMetric(BaseMetric):
    """Entropy, information maximisation and neighbourhood density of predictions; labels are not read.

    Beside the metric that counts, so that a run logs both::

        val_evaluator = [_base_.val_evaluator, dict(type='UnlabeledMetric')]

    ``unlabeled.entropy``: the mean over all pixels, in nats; low is sure. ``unlabeled.information``: the entropy of the
    mean prediction less that mean, high where predictions are sure and of many classes (Krause et al., *Discriminative
    Clustering by Regularized Information Maximization*, 2010). ``unlabeled.density``: :func:`neighborhood_density`
    of each image's pixels on a grid, and the mean over images. (The paper, which is about classification, takes all
    samples at once.)

    Args:
        cells: Rows and columns of that grid, at most; the matrix of similarities has the square of their product.
        temperature: Of the density.
        kwargs: Arguments of MMEngine's BaseMetric.
    """

    def __init__(self, cells: tuple[int, int] = (24, 48), temperature: float = 0.05, **kwargs) -> None:
        super().__init__(**kwargs)
        self.cells = tuple(cells)
        self.temperature = temperature

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Add each image's mean prediction, mean entropy and density."""
        for sample in data_samples:
            prob = sample['seg_logits']['data'].float().softmax(dim=0)
            size = [min(length, cells) for length, cells in zip(prob.shape[1:], self.cells, strict=True)]
            grid = F.interpolate(prob[None], size, mode='nearest-exact')[0].flatten(1).T
            density = neighborhood_density(grid, self.temperature)
            self.results.append((prob.mean(dim=(1, 2)).cpu(), entropy(prob).mean().item(), density.item()))

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Numbers of all images of all ranks, which count alike whatever their sizes."""
        means, entropies, densities = zip(*results, strict=True)
        mean_entropy = sum(entropies) / len(entropies)
        information = entropy(torch.stack(means).double().mean(dim=0)).item() - mean_entropy
        metrics = dict(entropy=mean_entropy, information=information, density=sum(densities) / len(densities))
        return {f'unlabeled.{name}': value for name, value in metrics.items()}
