"""Easy and hard images, for any scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmseg_uda.pseudo_labels.image_ranking import RULES, split_images


@pytest.mark.parametrize('rule', RULES)
@given(scores=st.lists(st.floats(0, 1), min_size=1, max_size=9), portion=st.floats(0, 1))
def test_every_image_is_easy_or_hard(rule, scores, portion):
    easy, hard = split_images(scores, portion, rule)
    assert sorted([*easy, *hard]) == list(range(len(scores)))
    ranked = np.array(scores)[[*easy, *hard]]
    assert (np.diff(ranked) >= 0).all()
    if rule == 'rank':
        assert len(easy) == int(len(scores) * portion)
