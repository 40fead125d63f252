"""The joint step against the alternating scheme of released code, accumulation, AMP, learning rates."""

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmseg.registry import MODELS
from torch import nn

from mmseg_uda.errors import UserError
from mmseg_uda.models.discriminators import BaseDiscriminator
from mmseg_uda.models.losses import SOURCE, TARGET, domain_loss
from tests.test_models.networks import MMSEG_CONFIGS, adapted

from .nets import ADVERSARY, ATTENTION, build_segmentor, pair_batch, segmentor_config

OPTIM = dict(
    constructor='JointOptimWrapperConstructor',
    segmentor=dict(
        optimizer=dict(type='SGD', lr=0.01, momentum=0.9, weight_decay=5e-4),
        paramwise_cfg=dict(custom_keys=dict(decode_head=dict(lr_mult=10.0))),
    ),
    discriminators=dict(optimizer=dict(type='Adam', lr=1e-3, betas=(0.9, 0.99))),
)


OPTIMISERS = ('segmentor', 'discriminators')


def optim(model, **options):
    return build_optim_wrapper(model, {**OPTIM, **options})


def parameters(model, discriminators: bool) -> dict[str, nn.Parameter]:
    inside = {id(p) for m in model.modules() if isinstance(m, BaseDiscriminator) for p in m.parameters()}
    return {name: p for name, p in model.named_parameters() if (id(p) in inside) == discriminators}


def alternating_steps(model, steps: int) -> None:
    """The released scheme: freeze D, backward, step G; unfreeze D, backward on detached outputs, step D."""
    adversary = model.adaptations['adversary']
    discriminator = adversary.discriminator
    head = parameters(model.decode_head, False)
    body = parameters(model.backbone, False)
    g = torch.optim.SGD(
        [dict(params=list(body.values())), dict(params=list(head.values()), lr=0.1)],
        lr=0.01,
        momentum=0.9,
        weight_decay=5e-4,
    )
    d = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.9, 0.99))
    model.train()
    for step in range(steps):
        data = model.data_preprocessor(pair_batch(step), True)
        inputs, samples = data['inputs'], data['data_samples']
        g.zero_grad()
        d.zero_grad()
        discriminator.requires_grad_(False)
        source = model.run_domain(inputs['source'].double(), samples['source'], 'source', True)
        supervised = model.decode_head.loss_by_feat(source.full_logits(), samples['source'])['loss_ce']
        supervised.backward()
        target = model.run_domain(inputs['target'].double(), samples['target'], 'target', True)
        (adversary.loss_weight * domain_loss(discriminator(target.prob()), SOURCE)).backward()
        discriminator.requires_grad_(True)
        (0.5 * domain_loss(discriminator(source.prob().detach()), SOURCE)).backward()
        (0.5 * domain_loss(discriminator(target.prob().detach()), TARGET)).backward()
        g.step()
        d.step()


def joint_steps(model, steps: int) -> None:
    wrapper = optim(model)
    model.train()
    for step in range(steps):
        data = model.data_preprocessor(pair_batch(step), True)
        data['inputs'] = {domain: images.double() for domain, images in data['inputs'].items()}
        with wrapper.optim_context(model):
            losses = model(**data, mode='loss')
        wrapper.update_params(model.parse_losses(losses)[0])


def test_equals_the_alternating_scheme():
    """After 20 steps of SGD + Adam with BatchNorm in float64 all weights and statistics agree."""
    joint = build_segmentor(adversary=ADVERSARY).double()
    alternating = build_segmentor(adversary=ADVERSARY).double()
    joint_steps(joint, 20)
    alternating_steps(alternating, 20)
    start = build_segmentor(adversary=ADVERSARY).double().state_dict()
    for name, value in joint.state_dict().items():
        torch.testing.assert_close(value, alternating.state_dict()[name], rtol=1e-10, atol=1e-12)
        if 'weight' in name:
            assert not torch.equal(value, start[name]), f'{name} was not trained'


def test_parameters_are_sorted():
    model = build_segmentor(adversary=ADVERSARY, attention=ATTENTION)
    wrapper = optim(model)
    for role, discriminators in (('segmentor', False), ('discriminators', True)):
        held = {id(p) for group in wrapper[role].optimizer.param_groups for p in group['params']}
        assert held == {id(p) for p in parameters(model, discriminators).values()}
    # Two rates for the segmentor, one group each.
    assert [group['lr'] for group in wrapper['segmentor'].optimizer.param_groups] == [0.01, 0.1]
    assert wrapper.get_lr() == {'segmentor.lr': [0.01], 'segmentor.decode_head.lr': [0.1], 'discriminators.lr': [1e-3]}


def test_without_discriminators_the_wrapper_keeps_its_form():
    wrapper = optim(build_segmentor())
    assert list(wrapper.keys()) == ['segmentor']


def test_frozen_parameters_are_left_out():
    model = build_segmentor()
    model.backbone.conv1.requires_grad_(False)
    held = {id(p) for group in optim(model)['segmentor'].optimizer.param_groups for p in group['params']}
    assert id(model.backbone.conv1.weight) not in held


@pytest.mark.parametrize('max_counts, updates', [(6, [3, 6]), (7, [3, 6, 7])])
def test_accumulation_keeps_a_last_partial_one(max_counts, updates):
    model = build_segmentor(adversary=ADVERSARY)
    wrapper = optim(model, accumulative_counts=3)
    wrapper.initialize_count_status(model, 0, max_counts)
    changed = []
    for step in range(1, max_counts + 1):
        before = model.decode_head.conv_seg.weight.clone()
        model.train_step(pair_batch(step), wrapper)
        if not torch.equal(before, model.decode_head.conv_seg.weight):
            changed.append(step)
            assert wrapper.should_update()
    assert changed == updates


@pytest.mark.parametrize('adaptations', [{}, dict(adversary=ADVERSARY)], ids=['none', 'adversary'])
def test_accumulated_gradient_is_the_mean(adaptations):
    model = build_segmentor(norm='GN', **adaptations)
    wrapper = build_optim_wrapper(
        model,
        dict(
            constructor='JointOptimWrapperConstructor',
            accumulative_counts=2,
            segmentor=dict(optimizer=dict(type='SGD', lr=1.0)),
            discriminators=dict(optimizer=dict(type='SGD', lr=1.0)),
        ),
    )
    wrapper.initialize_count_status(model, 0, 3)  # one full accumulation of two, one partial of one
    weight = model.decode_head.conv_seg.weight

    def gradient(seed):
        data = model.data_preprocessor(pair_batch(seed), True)
        loss = model.parse_losses(model(**data, mode='loss'))[0]
        return torch.autograd.grad(loss, weight)[0]

    before, mean = weight.detach().clone(), (gradient(0) + gradient(1)) / 2
    model.train_step(pair_batch(0), wrapper)
    model.train_step(pair_batch(1), wrapper)
    torch.testing.assert_close(weight, before - mean)
    before, last = weight.detach().clone(), gradient(2)
    model.train_step(pair_batch(2), wrapper)
    torch.testing.assert_close(weight, before - last)


def test_clipping_is_per_optimiser():
    model = build_segmentor(adversary=ADVERSARY)
    segmentor = dict(OPTIM['segmentor'], clip_grad=dict(max_norm=1e-12))
    wrapper = optim(model, segmentor=segmentor)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    wrapper['segmentor'].optimizer.param_groups[0]['weight_decay'] = 0
    wrapper['segmentor'].optimizer.param_groups[1]['weight_decay'] = 0
    model.train_step(pair_batch(0), wrapper)
    for name, p in parameters(model, False).items():
        torch.testing.assert_close(p, before[name], rtol=0, atol=1e-9)
    moved = [name for name, p in parameters(model, True).items() if not torch.equal(p, before[name])]
    assert len(moved) == len(parameters(model, True))


def test_bf16_autocast_runs_convolutions_in_bf16():
    model = build_segmentor(adversary=ADVERSARY, attention=ATTENTION)
    wrapper = optim(model, amp_dtype='bfloat16')
    seen = []
    model.backbone.conv1.register_forward_hook(lambda m, i, o: seen.append(o.dtype))
    logs = model.train_step(pair_batch(0), wrapper)
    assert set(seen) == {torch.bfloat16}
    assert all(torch.isfinite(value) for value in logs.values())
    assert all(p.dtype == torch.float32 for p in model.parameters())


def test_wrong_amp_dtype_is_named():
    with pytest.raises(UserError, match='amp_dtype'):
        optim(build_segmentor(), amp_dtype='float8')


def test_missing_entry_is_named():
    model = build_segmentor(adversary=ADVERSARY)
    with pytest.raises(UserError, match=r'optim_wrapper\.discriminators'):
        build_optim_wrapper(model, {k: v for k, v in OPTIM.items() if k != 'discriminators'})


def test_an_optim_wrapper_of_mmseg_goes_below_segmentor():
    """SegFormer's, as its file has it."""
    mmseg = Config.fromfile(MMSEG_CONFIGS / 'segformer/segformer_mit-b0_8xb2-160k_ade20k-512x512.py').optim_wrapper
    assert mmseg.type == 'OptimWrapper' and set(mmseg.paramwise_cfg.custom_keys) == {'pos_block', 'norm', 'head'}
    model = MODELS.build(adapted('SegFormer (MiT)', 'AdaptSegNet'))
    wrapper = optim(model, segmentor=mmseg)
    optimizer = wrapper['segmentor'].optimizer
    assert type(optimizer) is torch.optim.AdamW
    names = {id(p): name for name, p in model.named_parameters()}
    for group in optimizer.param_groups:
        for name in (names[id(p)] for p in group['params']):
            assert group['lr'] == pytest.approx(6e-4 if 'head' in name and 'norm' not in name else 6e-5), name
            assert group['weight_decay'] == (0 if 'norm' in name else 0.01), name


def test_a_constructor_of_mmseg_forms_the_groups():
    """BEiT's decay of rates by layer; its discriminators have their own optimiser."""
    mmseg = Config.fromfile(MMSEG_CONFIGS / 'beit/beit-base_upernet_8xb2-160k_ade20k-640x640.py').optim_wrapper
    mmseg.paramwise_cfg.num_layers = 2
    cfg = segmentor_config(adversary=ADVERSARY)
    cfg.backbone = dict(
        type='BEiT', img_size=(32, 32), embed_dims=8, num_layers=2, num_heads=2, out_indices=(0, 1), init_values=0.1
    )
    cfg.decode_head.in_channels = 8
    model = MODELS.build(cfg)
    wrapper = optim(model, segmentor=mmseg)
    names = {id(p): name for name, p in model.named_parameters()}
    rates = {
        names[id(p)]: group['lr'] for group in wrapper['segmentor'].optimizer.param_groups for p in group['params']
    }
    assert rates['decode_head.conv_seg.weight'] == pytest.approx(3e-5)
    assert rates['backbone.layers.1.ln1.weight'] == pytest.approx(3e-5 * 0.9)
    assert rates['backbone.layers.0.ln1.weight'] == pytest.approx(3e-5 * 0.9**2)
    held = {id(p) for group in wrapper['discriminators'].optimizer.param_groups for p in group['params']}
    assert held == {id(p) for p in model.adaptations.parameters()}
    assert not any(name.startswith('adaptations') for name in rates)


def test_a_wrapper_with_a_scaler_of_its_own_is_refused():
    with pytest.raises(UserError, match=r"type='AmpOptimWrapper' .* use --amp"):
        optim(build_segmentor(), segmentor=dict(OPTIM['segmentor'], type='AmpOptimWrapper'))


def test_state_goes_round():
    model = build_segmentor(adversary=ADVERSARY)
    wrapper = optim(model)
    model.train_step(pair_batch(0), wrapper)
    other = optim(build_segmentor(adversary=ADVERSARY))
    assert not any(other[role].optimizer.state_dict()['state'] for role in OPTIMISERS)
    other.load_state_dict(wrapper.state_dict())
    for role in OPTIMISERS:
        expected, loaded = (one[role].optimizer.state_dict() for one in (wrapper, other))
        assert len(expected['state']) == len(parameters(model, role == 'discriminators'))
        torch.testing.assert_close(loaded['state'], expected['state'], rtol=0, atol=0)
        assert loaded['param_groups'] == expected['param_groups']


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs CUDA')
@pytest.mark.parametrize('amp_dtype', ['bfloat16', 'float16'])
def test_amp_with_several_optimisers_on_gpu(amp_dtype):
    model = build_segmentor(adversary=ADVERSARY, attention=ATTENTION).cuda()
    wrapper = optim(model, amp_dtype=amp_dtype)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    for step in range(8):  # a fresh fp16 scaler may skip its first steps
        logs = model.train_step(pair_batch(step), wrapper)
    assert all(torch.isfinite(value) for value in logs.values())
    for discriminators in (False, True):
        assert all(
            not torch.equal(p, before[name]) for name, p in parameters(model, discriminators).items() if p.ndim > 1
        )
    state = wrapper.state_dict()
    assert ('loss_scaler' in state) == (amp_dtype == 'float16')
