"""Sort a model's parameters into the segmentor's and the discriminators' optimiser."""

import copy

from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS, OPTIMIZERS
from torch import nn

from mmseg_uda.errors import UserError
from mmseg_uda.models.discriminators import BaseDiscriminator

from .joint_optim_wrapper import JointOptimWrapper

ROLES = ('segmentor', 'discriminators')


def discriminator_parameters(model: nn.Module) -> set[int]:
    """``id`` of every parameter that belongs to a discriminator."""
    return {id(p) for m in model.modules() if isinstance(m, BaseDiscriminator) for p in m.parameters()}


def merge_groups(groups: list[dict], names: dict[int, str]) -> list[dict]:
    """Merge groups with equal options, so that an optimiser can batch its update.

    Args:
        groups: As a constructor of MMEngine's or MMSeg's makes them.
        names: ``id(parameter) -> name``; a merged group is named for the log: after the
            module of its first parameter, or ``bias`` if it holds nothing else.

    Returns:
        The groups in order of their first parameter.
    """
    merged: dict[tuple, dict] = {}
    for group in groups:
        options = {key: value for key, value in group.items() if key not in ('params', 'param_names')}
        whole = merged.setdefault(tuple(sorted(options.items())), dict(options, params=[]))
        whole['params'] += group['params']
    for group in merged.values():
        members = [names[id(p)] for p in group['params']]
        biases = all(name.endswith('.bias') for name in members)
        group['name'] = 'bias' if biases else members[0].split('.')[0]
    return list(merged.values())


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class JointOptimWrapperConstructor:
    """Build a :class:`JointOptimWrapper` from a config such as::

        optim_wrapper = dict(
            constructor='JointOptimWrapperConstructor',
            accumulative_counts=1,
            segmentor=dict(
                optimizer=dict(type='SGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4),
                paramwise_cfg=dict(custom_keys=dict(decode_head=dict(lr_mult=10))),
                clip_grad=None),
            discriminators=dict(optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99))))

    Parameters of a :class:`~mmseg_uda.models.discriminators.BaseDiscriminator` go to ``discriminators``, all others
    that require gradients to ``segmentor``. Without discriminators that entry is dropped, so a config need not change
    with its adaptations.

    Args:
        optim_wrapper_cfg: The config above without ``constructor``.
        paramwise_cfg: Not used; each optimiser has its own.

    Raises:
        UserError: An entry is missing or misplaced, naming the config key.
    """

    def __init__(self, optim_wrapper_cfg: dict, paramwise_cfg: dict | None = None) -> None:
        for key in ('optimizer', 'clip_grad', 'paramwise_cfg'):
            if dict(optim_wrapper_cfg, paramwise_cfg=paramwise_cfg).get(key):
                raise UserError(f'optim_wrapper.{key} belongs into optim_wrapper.segmentor')
        self.cfg = dict(optim_wrapper_cfg)
        self.cfg.pop('type', None)

    def __call__(self, model: nn.Module) -> JointOptimWrapper:
        """Build the optimisers of ``model``, which may be wrapped for DDP."""
        model = getattr(model, 'module', model)
        cfg = dict(self.cfg)
        role_cfgs = {role: cfg.pop(role, None) for role in ROLES}
        is_discriminator = discriminator_parameters(model)
        names = {id(p): name for name, p in model.named_parameters()}
        wrappers = {}
        for role in ROLES:
            wanted = [i for i in names if (i in is_discriminator) == (role == 'discriminators')]
            if not wanted:
                continue
            if role_cfgs[role] is None:
                raise UserError(
                    f'optim_wrapper.{role} is missing: the model has parameters for it; give it '
                    'dict(optimizer=dict(type=..., lr=...))'
                )
            wrapper = build_optim_wrapper(model, role_cfgs[role], set(wanted), names)
            if wrapper is not None:
                wrappers[role] = wrapper
        return JointOptimWrapper(**cfg, **wrappers)


def build_optim_wrapper(model: nn.Module, cfg: dict, wanted: set[int], names: dict[int, str]) -> OptimWrapper | None:
    """One optimiser over the wanted parameters, with MMEngine's rules for parameter-wise options.

    Args:
        model: The whole model, so that ``custom_keys`` see full parameter names.
        cfg: ``dict(optimizer=..., paramwise_cfg=..., clip_grad=...)``, and ``constructor`` where another one than
            MMEngine's default forms the groups (MMSeg's ``LearningRateDecayOptimizerConstructor``).
        wanted: ``id`` of the parameters it may hold.
        names: ``id(parameter) -> name``.

    Returns:
        The wrapper, or None when none of the wanted parameters requires gradients.

    Raises:
        UserError: It is to scale losses by itself.
    """
    cfg = dict(cfg)
    if cfg.get('type') == 'AmpOptimWrapper':
        raise UserError(
            "optim_wrapper: type='AmpOptimWrapper' would scale the losses of one optimiser alone; leave type out, and "
            'use --amp (optim_wrapper.amp_dtype)'
        )
    paramwise = copy.deepcopy(cfg.pop('paramwise_cfg', None))  # a constructor of MMSeg's changes it
    kind = cfg.pop('constructor', 'DefaultOptimWrapperConstructor')
    rules = dict(type=kind, optim_wrapper_cfg=dict(cfg, type='OptimWrapper'), paramwise_cfg=paramwise)
    groups: list[dict] = []
    OPTIM_WRAPPER_CONSTRUCTORS.build(rules).add_params(groups, model)
    for group in groups:
        group['params'] = [p for p in group['params'] if id(p) in wanted and p.requires_grad]
    groups = [group for group in groups if group['params']]
    if not groups:
        return None
    optimizer = OPTIMIZERS.build(dict(cfg.pop('optimizer'), params=merge_groups(groups, names)))
    cfg.setdefault('type', 'OptimWrapper')
    return OPTIM_WRAPPERS.build(cfg, default_args=dict(optimizer=optimizer))
