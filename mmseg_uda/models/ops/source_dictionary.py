"""The source feature dictionary of MaxCos (Chung et al., WACV 2022, Section 3.2)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from mmseg_uda.errors import choice

KEEPS = ('last', 'random')


class SourceDictionary(nn.Module):
    """The newest source features of each class, one ring buffer a class.

    Everything is in buffers, so it goes with the checkpoints and comes back on resume. It takes
    ``num_classes * size * channels * 4`` bytes. Under DDP each process has its own (MMEngine broadcasts no buffers);
    checkpoints hold rank 0's.

    Args:
        num_classes: C.
        size: Features kept for each class, "dict-size" in the paper.
        channels: D.
        save: Whether checkpoints hold the features. If not, a resumed run starts with an empty dictionary.
        keep: Which features of a class stay when one step brings more than ``size``: the ``'last'`` in their order,
            or ``'random'`` ones by torch's generator.

    Attributes:
        features: C,size,D float.
        count: Features each class has ever been given, C int64; the next one is written at ``count % size``.
    """

    features: Tensor
    count: Tensor

    def __init__(self, num_classes: int, size: int, channels: int, save: bool = True, keep: str = 'last') -> None:
        super().__init__()
        self.save = save
        self.keep = choice('keep', keep, KEEPS)
        self.register_buffer('features', torch.zeros(num_classes, size, channels), persistent=save)
        self.register_buffer('count', torch.zeros(num_classes, dtype=torch.long), persistent=save)

    @torch.no_grad()
    def enqueue(self, features: Tensor, labels: Tensor) -> None:
        """Add features; the oldest of a class make room.

        Args:
            features: M,D, of any precision.
            labels: Their classes, M int64.
        """
        num_classes, size, _ = self.features.shape
        order = torch.randperm(len(labels), device=labels.device) if self.keep == 'random' else None
        labels = labels if order is None else labels[order]
        member = one_hot(labels, num_classes)
        added = member.sum(dim=0)
        # position of each feature among those of its class
        rank = member.cumsum(dim=0).gather(1, labels.unsqueeze(1)).squeeze(1) - 1
        newest = rank >= (added - size)[labels]
        labels, rank = labels[newest], rank[newest]
        chosen = newest if order is None else order[newest]
        self.features[labels, (self.count[labels] + rank) % size] = features[chosen].to(self.features.dtype)
        self.count += added

    def contents(self) -> list[Tensor]:
        """List the features held of each class, n_c,D, views in no particular order."""
        size = self.features.shape[1]
        return [queue[:n] for queue, n in zip(self.features, self.count.clamp(max=size).tolist(), strict=True)]

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *args) -> None:
        """torch's; a checkpoint without a dictionary, of another size, or not to be used, is no reason for a complaint.

        Of another size not even the counts are taken: they would say that the empty dictionary is full.
        """
        found = state_dict.get(f'{prefix}features')
        if self.save and found is not None and found.shape == self.features.shape:
            super()._load_from_state_dict(state_dict, prefix, *args)
