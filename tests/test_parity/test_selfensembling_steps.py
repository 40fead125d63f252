"""Whole released iterations: losses, labels, mixed images, gradients, students after AdamW, teachers."""

import math

import numpy as np
import pytest

from .parity import assert_close, cases
from .released_network import probe
from .self_ensembling import LOSSES, build, run

ALL = [*cases('selfensembling_steps_daformer.npz'), *cases('selfensembling_steps_mic.npz')]
RTOL = 1e-6


@pytest.mark.parametrize('case', ALL, ids=str)
def test_iterations(case):
    model, names = build(case)
    for t, step in enumerate(run(case, model, names)):
        for name, ours in LOSSES.items():
            if f't{t}_loss_{name}' in case:
                expected = case[f't{t}_loss_{name}']
                assert_close(step.losses[ours], 0 if math.isnan(expected) else expected, RTOL)
        np.testing.assert_array_equal(step.target['labels'], case[f't{t}_pseudo_label'])
        assert_close(step.target['confident'], case[f't{t}_q'], RTOL)
        images, labels, weights = step.mixed
        assert_close(images[:, :, ::4, ::4], case[f't{t}_mixed_img'], RTOL)
        np.testing.assert_array_equal(labels, case[f't{t}_mixed_label'])
        assert_close(weights[:, ::4, ::4], case[f't{t}_mixed_weight'], RTOL)
        for kind, values in (('grad', step.gradients), ('student', step.student), ('teacher', step.teacher)):
            values = [values[name] for name in case['param_names']]
            assert_close([probe(value) for value in values], case[f't{t}_{kind}_probe'], RTOL)
            if f't{t}_{kind}_norm' in case:
                assert_close([value.norm().item() for value in values], case[f't{t}_{kind}_norm'], RTOL)
    means = [value for name, value in model.decode_head.named_buffers() if name.endswith('running_mean')]
    assert_close(means[0], case['running_mean'], RTOL)
