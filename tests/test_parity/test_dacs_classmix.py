"""ClassMix from stored draws: candidates, masks, mixed images, labels and weights."""

import numpy as np
import pytest
import torch

from mmseg_uda.models.ops import candidate_classes, choose_classes, class_mask, paste

from .parity import cases


def without_padding(values) -> torch.Tensor:
    return torch.tensor([value for value in values if value != -1])


@pytest.mark.parametrize('case', cases('dacs_classmix.npz'), ids=str)
def test_mix(case):
    labels = case.tensor('src_label').long()
    candidates = candidate_classes(labels, case['rule'])
    chosen = []
    for n, values in enumerate(candidates):
        np.testing.assert_array_equal(values, without_padding(case['candidates'][n]))
        drawn = without_padding(case['drawn'][n])
        rest = torch.tensor([i for i in range(len(values)) if i not in drawn], dtype=torch.long)
        chosen.append(choose_classes(values, torch.cat([drawn, rest])))
        np.testing.assert_array_equal(chosen[n], without_padding(case['chosen'][n]))
    mask = class_mask(labels, chosen)
    np.testing.assert_array_equal(mask, case['mask'].astype(bool))
    np.testing.assert_array_equal(paste(mask, case.tensor('src_img'), case.tensor('tgt_img')), case['mixed_img'])
    np.testing.assert_array_equal(paste(mask, labels, case.tensor('tgt_label').long()), case['mixed_label'])
    weight = case.tensor('tgt_weight')
    np.testing.assert_array_equal(paste(mask, torch.ones_like(weight), weight), case['mixed_weight'])
