"""Every network of docs/networks.md with every method: a training step and a prediction."""

import pytest
import torch
from mmengine.model import revert_sync_batchnorm
from mmengine.optim import build_optim_wrapper
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor

import mmseg_uda.engine
import mmseg_uda.models  # noqa: F401, registers the components
from mmseg_uda.errors import UserError
from tests.conftest import ROOT

from .networks import CLASSES, METHODS, NEEDS, NETWORKS, NO_BLOCKS, NO_MAP, REFUSED, adapted

OPTIMISERS = dict(
    constructor='JointOptimWrapperConstructor',
    segmentor=dict(optimizer=dict(type='SGD', lr=0.01)),
    discriminators=dict(optimizer=dict(type='SGD', lr=0.01)),
)


def skip_if_missing(network: str) -> None:
    if network in NEEDS:
        pytest.importorskip(NEEDS[network])


def domain_batch(seed: int) -> dict:
    """Two labelled 64x64 images as a data loader collates them."""
    generator = torch.Generator().manual_seed(seed)
    inputs = [torch.randint(0, 256, (3, 64, 64), generator=generator, dtype=torch.uint8) for _ in range(2)]
    samples = []
    for _ in inputs:
        sample = SegDataSample(metainfo=dict(img_shape=(64, 64), ori_shape=(64, 64), pad_shape=(64, 64)))
        sample.gt_sem_seg = PixelData(data=torch.randint(0, CLASSES, (1, 64, 64), generator=generator))
        samples.append(sample)
    return dict(inputs=inputs, data_samples=samples)


def segmentor_terms(losses: dict[str, Tensor]) -> list[Tensor]:
    """What the adaptations ask of the network: neither the supervised losses nor the discriminators' own."""
    return [
        value
        for name, value in losses.items()
        if '.loss_' in name and not name.startswith(('decode.', 'aux')) and '.loss_d_' not in name
    ]


@pytest.mark.parametrize('method', METHODS)
@pytest.mark.parametrize('network', NETWORKS)
def test_cell(network, method):
    skip_if_missing(network)
    if (network, method) in NO_MAP:
        with pytest.raises(UserError, match=r'model\.backbone .* gives pairs of tensors where maps are expected'):
            MODELS.build(adapted(network, method))
        return
    torch.manual_seed(0)
    model = revert_sync_batchnorm(MODELS.build(adapted(network, method)))
    model.init_weights()
    batch = dict(source=domain_batch(0), target=domain_batch(1))
    for sample, prediction in zip(
        batch['source']['data_samples'], model.eval().test_step(domain_batch(0)), strict=True
    ):
        sample.gt_sem_seg.data[..., :32] = prediction.pred_sem_seg.data[..., :32]  # MaxCos keeps what is right
    model.train()

    losses = model(**model.data_preprocessor(batch, True), mode='loss')
    assert any(name.startswith('decode.loss') for name in losses)
    torch.stack(segmentor_terms(losses)).sum().backward()
    gradients = [p.grad for p in model.backbone.parameters() if p.grad is not None]
    assert all(torch.isfinite(gradient).all() for gradient in gradients)
    assert sum(gradient.abs().sum() for gradient in gradients) > 0
    model.zero_grad()

    log = model.train_step(batch, build_optim_wrapper(model, OPTIMISERS))
    assert all(torch.isfinite(value).all() for value in log.values()), log
    assert all(torch.isfinite(p).all() for p in model.parameters())

    model.eval()
    predicted = model.test_step(domain_batch(2))
    assert [sample.pred_sem_seg.data.shape for sample in predicted] == [(1, 64, 64)] * 2
    assert predicted[0].seg_logits.data.shape == (CLASSES, 64, 64)


def test_plca_on_predictions_needs_no_maps():
    cfg = adapted('DPT (ViT)', 'PLCA')
    cfg.adaptations.plca.on = ('prediction',)
    model = MODELS.build(cfg).train()
    losses = model(**model.data_preprocessor(dict(source=domain_batch(0), target=domain_batch(1)), True), mode='loss')
    assert torch.isfinite(losses['plca.loss_prediction'])
    assert len(model.eval().test_step(domain_batch(2))) == 2


@pytest.mark.parametrize('network', NETWORKS)
def test_activation_checkpointing(network):
    skip_if_missing(network)
    cfg = dict(adapted(network, 'AdaptSegNet'), activation_checkpointing=True)
    if network in NO_BLOCKS:
        with pytest.raises(UserError, match=r'model\.activation_checkpointing=True: .* has no blocks to recompute'):
            MODELS.build(cfg)
        return
    model = revert_sync_batchnorm(MODELS.build(cfg)).train()
    log = model.train_step(dict(source=domain_batch(0), target=domain_batch(1)), build_optim_wrapper(model, OPTIMISERS))
    assert all(torch.isfinite(value).all() for value in log.values()), log


@pytest.mark.parametrize('network', REFUSED)
def test_refused(network):
    plain, said = REFUSED[network]
    with pytest.raises(UserError, match=f'model.*{said}.*docs/networks.md'):
        model = revert_sync_batchnorm(MODELS.build(dict(plain(), type='UDASegmentor'))).train()
        model.train_step(dict(source=domain_batch(0)), build_optim_wrapper(model, OPTIMISERS))


def rows(title: str) -> list[list[str]]:
    """The table below a heading of docs/networks.md, without its head."""
    section = (ROOT / 'docs/networks.md').read_text().split(f'\n## {title}\n')[1].split('\n## ')[0]
    lines = [line for line in section.splitlines() if line.startswith('|')]
    return [[cell.strip() for cell in line.strip('|').split('|')] for line in lines]


def test_the_page_lists_what_is_tried():
    head, _, *table = rows('What is tried')
    assert head == ['', *METHODS, 'recomputes blocks']
    assert {row[0]: row[1:-1] for row in table} == {
        network: ['no map' if (network, method) in NO_MAP else 'yes' for method in METHODS] for network in NETWORKS
    }
    assert {row[0] for row in table if row[-1] == 'no'} == set(NO_BLOCKS)
    assert {row[0] for row in rows('What is refused')[2:]} == set(REFUSED)
