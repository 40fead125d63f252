"""SAM's attended logits, losses and gradients."""

import pytest
import torch
from torch.nn.functional import cross_entropy, interpolate

from mmseg_uda.models import UDASegmentor  # noqa: F401, registers the components
from mmseg_uda.models.adaptations.sam import SelfAttentionModule, SelfAttentionTransfer
from mmseg_uda.models.losses import inter_pixel_loss
from mmseg_uda.models.ops import chunks, self_attend

from .parity import assert_close, cases

RTOL = 1e-9
CASES = pytest.mark.parametrize('case', cases('sam.npz'), ids=str)


@pytest.fixture(params=['whole map', 'pieces'], autouse=True)
def pieces(request, monkeypatch):
    """Everything holds whether the map is computed at once or in several pieces, the last of which is shorter."""
    if request.param == 'pieces':
        monkeypatch.setattr(chunks, 'CHUNK_BYTES', 10 * 63 * 8)


def module_of(case, conv: bool = True) -> SelfAttentionModule:
    module = SelfAttentionModule(case['z'].shape[1], conv).double()
    if conv:
        module.conv.weight.data = case.tensor('conv_w')[:, :, None, None]
        module.conv.bias.data = case.tensor('conv_b')
    return module


@CASES
def test_map(case):
    """The map itself is what identity vectors are averaged to."""
    z = case.tensor('z')
    n, _, h, w = z.shape
    identity = torch.eye(h * w, dtype=z.dtype).view(1, h * w, h, w).expand(n, -1, -1, -1)
    rows = self_attend(module_of(case).conv(z), identity)
    assert_close(rows.flatten(2)[:, :, 0], case['M_row0'], rtol=RTOL)
    assert_close(rows.sum(dim=1), torch.ones(n, h, w), rtol=RTOL)


@CASES
def test_attended_logits(case):
    z = case.tensor('z')
    assert_close(module_of(case)(z), case['zp'], rtol=RTOL)
    assert_close(z + module_of(case)(z), case['zpp'], rtol=RTOL)
    assert_close(module_of(case, conv=False)(z), case['zp_noconv'], rtol=RTOL)


@pytest.mark.parametrize('reduction', ['mean', 'sum'])
@pytest.mark.parametrize(
    ('key', 'follow', 'kind'),
    [('eq8', 'residual', 'l1'), ('eq9', 'attended', 'l1'), ('kl', 'residual', 'kl'), ('cos', 'residual', 'cosine')],
)
@CASES
def test_losses_and_gradients(case, key, follow, kind, reduction):
    z = case.tensor('z').requires_grad_()
    attended = module_of(case)(z)
    loss = inter_pixel_loss(z, z + attended if follow == 'residual' else attended, kind, reduction)
    assert_close(loss, case[f'{key}_{reduction}'], rtol=RTOL)
    assert_close(torch.autograd.grad(loss, z)[0], case[f'd_{key}_{reduction}'], rtol=RTOL)


@pytest.mark.parametrize(
    ('key', 'follow', 'kind'),
    [('eq8', 'residual', 'l1'), ('eq9', 'attended', 'l1'), ('kl', 'residual', 'kl'), ('cos', 'residual', 'cosine')],
)
@CASES
def test_through_the_adaptation(case, key, follow, kind):
    channels = case['z'].shape[1]
    adaptation = SelfAttentionTransfer(dict(type='SelfAttentionModule', channels=channels), follow=follow, kind=kind)
    adaptation.double().module.load_state_dict(module_of(case).state_dict())
    z = case.tensor('z').requires_grad_()
    loss = adaptation.distance(z)
    assert_close(loss, case[f'{key}_mean'], rtol=RTOL)
    loss.backward()
    assert_close(z.grad, case[f'd_{key}_mean'], rtol=RTOL)
    assert all(p.grad is None for p in adaptation.parameters())


@pytest.mark.parametrize('align_corners', [True, False])
@CASES
def test_training_of_the_module(case, align_corners):
    z, y, module = case.tensor('z').requires_grad_(), case.tensor('y').long(), module_of(case)
    logits = interpolate(z + module(z), size=y.shape[1:], mode='bilinear', align_corners=align_corners)
    suffix = f'ac{int(align_corners)}'
    for reduction in ('sum', 'mean'):
        loss = cross_entropy(logits, y, ignore_index=255, reduction=reduction)
        assert_close(loss, case[f'src_ce_{reduction}_{suffix}'], rtol=RTOL)
    loss.backward()
    grads = dict(conv_w=module.conv.weight.grad[:, :, 0, 0], conv_b=module.conv.bias.grad, z=z.grad)
    for name, grad in grads.items():
        assert_close(grad, case[f'src_ce_mean_{suffix}_d_{name}'], rtol=RTOL)
