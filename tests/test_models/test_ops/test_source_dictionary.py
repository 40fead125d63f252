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


def test_random_features_of_a_step_that_brings_too_many():
    """Each is as likely to stay, in the next step all of the new ones come before older ones."""
    torch.manual_seed(0)
    stayed = torch.zeros(20)
    for _ in range(600):
        dictionary = SourceDictionary(num_classes=2, size=4, channels=1, keep='random')
        dictionary.enqueue(torch.arange(20).unsqueeze(1).float(), torch.zeros(20, dtype=torch.long))
        first, second = dictionary.contents()
        assert len(first[:, 0].unique()) == 4 and not len(second)
        stayed[first[:, 0].long()] += 1
        dictionary.enqueue(torch.tensor([[30.0], [31.0]]), torch.zeros(2, dtype=torch.long))
        assert sorted(dictionary.contents()[0][:, 0].tolist())[2:] == [30, 31]
    assert stayed.min() > 80 and stayed.max() < 160  # 120 each


def test_random_features_follow_the_seed():
    def kept(seed):
        torch.manual_seed(seed)
        dictionary = SourceDictionary(num_classes=1, size=4, channels=1, keep='random')
        dictionary.enqueue(torch.arange(50).unsqueeze(1).float(), torch.zeros(50, dtype=torch.long))
        return dictionary.features.flatten().tolist()

    assert kept(0) == kept(0) != kept(1)
