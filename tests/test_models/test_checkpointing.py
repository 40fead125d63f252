import copy
from functools import partial
from pathlib import Path

import pytest
import torch
from mmseg.models.backbones.resnet import Bottleneck
from mmseg.registry import MODELS
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from mmseg_uda.models.backbones import DeepLabResNet
from mmseg_uda.models.backbones.vgg import VGGStage
from mmseg_uda.models.necks import ResidualTail, VGGTail
from mmseg_uda.utils.checkpointing import checkpoint_activations
from tests.ranks import run_on_ranks


class Network(nn.Module):
    """A small split ResNet whose neck drops channels, so that RNG matters too."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.backbone = DeepLabResNet(
            depth=50,
            base_channels=4,
            stem_channels=4,
            drop_last_blocks=1,
            norm_cfg=dict(type='BN', requires_grad=True),
        )
        self.neck = ResidualTail(channels=128, shortcut='conv')
        self.tail = DroppingStage(128, 8, 2)

    def forward(self, source, target):
        """Both domains through the same modules in one forward."""
        return self.run(source).square().mean() + self.run(target).abs().mean()

    def run(self, x):
        return self.tail(self.neck(self.backbone(x))[-1])


class DroppingStage(VGGStage):
    def forward(self, x):
        return nn.functional.dropout2d(super().forward(x), 0.5, self.training)


def checkpointed(network: Network) -> Network:
    for part in (network.backbone, network.neck, network.tail):
        checkpoint_activations(part)
    return network


def domains(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return (
        torch.randn(2, 3, 33, 49, generator=generator),
        torch.randn(1, 3, 41, 33, generator=generator),
    )


def step(network: nn.Module, seed: int = 0) -> torch.Tensor:
    torch.manual_seed(seed)
    loss = network(*domains(seed))
    loss.backward()
    return loss.detach()


@pytest.mark.parametrize('mode', ['train', 'norm_eval'])
def test_outputs_gradients_and_statistics_are_unchanged(mode):
    plain, recomputed = Network(), checkpointed(Network())
    for network in (plain, recomputed):
        network.train()
        if mode == 'norm_eval':
            for module in network.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
    for seed in range(2):
        assert torch.equal(step(plain, seed), step(recomputed, seed))
    expected = dict(plain.named_parameters())
    for name, parameter in recomputed.named_parameters():
        if parameter.requires_grad:
            assert torch.equal(parameter.grad, expected[name].grad), name
    assert list(plain.state_dict()) == list(recomputed.state_dict())
    for name, value in recomputed.state_dict().items():
        assert torch.equal(value, plain.state_dict()[name]), name
    counter = recomputed.backbone.layer3[0].bn1.num_batches_tracked
    assert counter == (4 if mode == 'train' else 0)


def weigh(sizes: dict[int, int], x: torch.Tensor) -> torch.Tensor:
    sizes[x.data_ptr()] = x.untyped_storage().nbytes()
    return x


def saved_bytes(network: nn.Module) -> int:
    sizes: dict[int, int] = {}
    with torch.autograd.graph.saved_tensors_hooks(partial(weigh, sizes), lambda x: x):
        loss = network(*domains())
    assert loss.requires_grad
    return sum(sizes.values())


def test_fewer_activations_are_kept():
    assert saved_bytes(checkpointed(Network()).train()) < 0.4 * saved_bytes(Network().train())


def test_nothing_happens_without_gradients(monkeypatch):
    network = checkpointed(Network()).eval()
    expected = Network().eval()

    def forbidden(*args, **kwargs):
        raise AssertionError('checkpointed without gradients')

    monkeypatch.setattr('mmseg_uda.utils.checkpointing.checkpoint', forbidden)
    with torch.no_grad():
        assert torch.equal(network(*domains()), expected(*domains()))


def test_a_deep_copy_runs_its_own_weights():
    network = checkpointed(Network()).train()
    teacher = copy.deepcopy(network)
    for parameter in teacher.parameters():
        parameter.data.zero_()
    assert teacher.run(domains()[0]).abs().sum() == 0
    assert isinstance(teacher.backbone.layer1[0], Bottleneck)


def test_names_of_blocks_and_second_call():
    network = Network()
    names = checkpoint_activations(network)
    assert names[0] == 'backbone.layer1.0' and names[-2:] == ['neck', 'tail']
    classes = [type(module) for module in network.modules()]
    checkpoint_activations(network)
    assert classes == [type(module) for module in network.modules()]
    assert checkpoint_activations(VGGTail(4, 4)) == ['']
    assert checkpoint_activations(nn.Sequential(nn.Conv2d(3, 3, 1))) == []


TRANSFORMERS = dict(
    mit=(
        dict(type='MixVisionTransformer', embed_dims=8, num_layers=[1, 2, 1, 1], num_heads=[1, 2, 2, 2]),
        ['layers.0.1.0', 'layers.1.1.0', 'layers.1.1.1', 'layers.2.1.0', 'layers.3.1.0'],
    ),
    swin=(
        dict(type='SwinTransformer', embed_dims=8, depths=[1, 2, 1, 1], num_heads=[1, 1, 2, 2], window_size=2),
        ['stages.0.blocks.0', 'stages.1.blocks.0', 'stages.1.blocks.1', 'stages.2.blocks.0', 'stages.3.blocks.0'],
    ),
)


@pytest.mark.parametrize('amp', [False, True], ids=['float32', 'bf16'])
@pytest.mark.parametrize('name', TRANSFORMERS)
def test_transformers_repeat_their_drop_paths(name, amp):
    cfg, blocks = TRANSFORMERS[name]
    torch.manual_seed(0)
    plain = MODELS.build(dict(cfg, drop_path_rate=0.5, drop_rate=0.1, with_cp=True))
    recomputed = copy.deepcopy(plain)
    assert checkpoint_activations(recomputed) == blocks
    assert not any(block.with_cp for block in map(recomputed.get_submodule, blocks))
    for module in plain.modules():
        module.with_cp = False
    losses, kept = [], []
    for network in (plain, recomputed):
        network.train()
        torch.manual_seed(1)
        sizes: dict[int, int] = {}
        with torch.autograd.graph.saved_tensors_hooks(partial(weigh, sizes), lambda x: x):
            with torch.autocast('cpu', torch.bfloat16, enabled=amp):
                levels = [network(x) for x in domains()]
            losses.append(sum(level.float().square().mean() for domain in levels for level in domain))
        kept.append(sum(sizes.values()))
        losses[-1].backward()
    assert torch.equal(*losses)
    for (key, a), b in zip(plain.named_parameters(), recomputed.parameters(), strict=True):
        assert torch.equal(a.grad, b.grad), key
    assert kept[1] < 0.6 * kept[0]


def test_a_segmentor_without_blocks_names_the_config_key():
    backbone = dict(type='MSCAN', embed_dims=[8, 8, 16, 16], depths=[1, 1, 1, 1], norm_cfg=dict(type='BN'))
    head = dict(type='FCNHead', in_channels=16, channels=4, num_classes=3)
    with pytest.raises(ValueError, match=r'model\.activation_checkpointing=True: MSCAN has no blocks'):
        MODELS.build(dict(type='UDASegmentor', backbone=backbone, decode_head=head, activation_checkpointing=True))


def test_a_neck_without_blocks_is_left_alone():
    backbone, blocks = TRANSFORMERS['mit']
    neck = dict(type='FPN', in_channels=[8, 16, 16, 16], out_channels=8, num_outs=4)
    head = dict(type='FCNHead', in_channels=8, channels=4, num_classes=3)
    model = dict(type='UDASegmentor', backbone=backbone, neck=neck, decode_head=head, activation_checkpointing=True)
    assert checkpoint_activations(MODELS.build(model).backbone) == blocks


def _train_in_ddp(rank: int, folder: Path) -> None:
    for name, build in (('plain', Network), ('recomputed', lambda: checkpointed(Network()))):
        network = DistributedDataParallel(build().train())
        optimizer = torch.optim.SGD(network.parameters(), 0.01)
        for i in range(2):
            optimizer.zero_grad()
            step(network, seed=10 * i + rank)
            optimizer.step()
        torch.save(network.module.state_dict(), f'{folder}/{name}_{rank}.pth')


@pytest.mark.dist
def test_ddp_with_two_domains_in_one_forward(tmp_path):
    run_on_ranks(_train_in_ddp, tmp_path)
    load = lambda name: torch.load(tmp_path / f'{name}.pth')  # noqa: E731
    for rank in range(2):
        plain, recomputed = load(f'plain_{rank}'), load(f'recomputed_{rank}')
        assert all(torch.equal(plain[key], recomputed[key]) for key in plain)
    first, second = load('recomputed_0'), load('recomputed_1')
    parameters = dict(Network().named_parameters())
    assert all(torch.equal(first[key], second[key]) for key in parameters)
    changed = [key for key, value in parameters.items() if not torch.equal(first[key], value)]
    assert len(changed) > 50
