"""The ring buffers of MaxCos."""

import torch

from mmseg_uda.models.ops import SourceDictionary


def test_newest_features_are_kept_whatever_the_batch():
    dictionary = SourceDictionary(num_classes=3, size=4, channels=1)
    kept = {c: [] for c in range(3)}
    generator = torch.Generator().manual_seed(0)
    for start in range(0, 80, 8):
        labels = torch.randint(0, 2, (start % 11,), generator=generator)  # nothing at all in the first step
        features = torch.arange(start, start + len(labels)).unsqueeze(1).float()
        dictionary.enqueue(features, labels)
        for feature, label in zip(features, labels.tolist(), strict=True):
            kept[label] = [*kept[label], feature.item()][-4:]
        assert [sorted(queue[:, 0].tolist()) for queue in dictionary.contents()] == list(kept.values())
