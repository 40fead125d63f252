"""DAFormer's head against the released one."""

import pytest

from .parity import assert_close, cases
from .released_network import build, head_cfg, probe, weighted_sum

ALL = cases('daformer_head.npz')
RTOL = 1e-8


def loaded(case):
    head = build(decode_head=head_cfg(case))['decode_head']
    head.load_state_dict(case.recipe_state_dict(), strict=True)
    levels = [case.tensor(f'f{i}').requires_grad_() for i in range(len(case['in_channels']))]
    return head, levels


@pytest.mark.parametrize('case', ALL, ids=str)
def test_in_eval_mode(case):
    head, levels = loaded(case)
    assert_close(head.eval()(levels), case['logits_eval'], RTOL)


@pytest.mark.parametrize('case', ALL, ids=str)
def test_training(case):
    head, levels = loaded(case)
    logits = head.train()(levels)
    weighted_sum(logits).backward()
    assert_close(logits, case['logits_train'], RTOL)
    for i, level in enumerate(levels):
        assert_close(level.grad, case[f'd_f{i}'], RTOL)
    gradients = {name: parameter.grad for name, parameter in head.named_parameters()}
    assert list(gradients) == case['param_names'].tolist()
    assert_close([value.norm().item() for value in gradients.values()], case['grad_norm'], RTOL)
    assert_close([probe(value) for value in gradients.values()], case['grad_probe'], RTOL)
    means, variances = (
        [value for name, value in head.named_buffers() if name.endswith(leaf)] for leaf in ('_mean', '_var')
    )
    assert_close(means[0], case['running_mean'], RTOL)
    assert_close(variances[0], case['running_var'], RTOL)
