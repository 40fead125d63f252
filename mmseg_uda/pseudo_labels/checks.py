"""Errors about pseudo labels before training starts: each names the config key and the fix."""

import os.path as osp
from collections.abc import Mapping

from mmengine.config import Config
from torch import nn

from mmseg_uda.errors import UserError

from .labeling_rule import find_labeling_rule
from .selectors import BaseSelector


def pseudo_label_hook(cfg: Config) -> tuple[str, dict] | None:
    """Find the hook that labels the target images: its config key and its config; None if there is none."""
    named = {f'default_hooks.{name}': hook for name, hook in (cfg.get('default_hooks') or {}).items()}
    custom = {f'custom_hooks.{i}': hook for i, hook in enumerate(cfg.get('custom_hooks') or [])}
    for key, hook in {**named, **custom}.items():
        if hook is not None and hook['type'] == 'PseudoLabelHook':
            return key, hook
    return None


def check_pseudo_labels(cfg: Config, adaptations: Mapping[str, nn.Module]) -> None:
    """Target labels come from a folder, from another model, or from the weights the run starts from.

    (The dataset checks the folder's files.)

    Args:
        cfg: A training config.
        adaptations: Those of its model.

    Raises:
        UserError: See the module.
    """
    key = 'train_dataloader.dataset.target.pseudo_labels'
    folder = (cfg.train_dataloader.dataset.get('target') or {}).get('pseudo_labels')
    hook_key, hook = pseudo_label_hook(cfg) or (None, {})
    if folder is not None:
        if hook.get('labeler') is not None:
            raise UserError(f'{key} is {folder}, but {hook_key}.labeler is set too; remove one of the two')
        check_parts(cfg, None)
        return
    rule = find_labeling_rule(adaptations)
    if rule is None:
        for name, adaptation in adaptations.items():
            if adaptation.needs_target_labels:
                raise UserError(
                    f'model.adaptations.{name} ({type(adaptation).__name__}) needs labels of the target images: set '
                    f'model.adaptations.{name}.labeling=dict(selector=dict(type=...)) to make them when training '
                    f'starts, or {key} to a round made by tools/generate_pseudo_labels.py'
                )
        return
    if hook_key is None:
        raise UserError(
            f'model.adaptations.{rule.adaptation}.labeling needs the hook that makes the labels: set '
            'default_hooks.pseudo_labels=dict(type="PseudoLabelHook") (configs/_base_/default_runtime.py has it)'
        )
    check_parts(cfg, rule.selector)
    check_labeler(cfg, hook_key, hook, rule.adaptation)


def check_parts(cfg: Config, selector: BaseSelector | None) -> None:
    """Easy and hard images (IntraDA) are of one round, whose selector ranked them."""
    key = 'train_dataloader.dataset'
    source, target = (cfg.train_dataloader.dataset.get(domain) or {} for domain in ('source', 'target'))
    rounds = source.get('pseudo_labels'), target.get('pseudo_labels')
    if source.get('part') and rounds[0] != rounds[1]:
        raise UserError(
            f'{key}.source.pseudo_labels is {rounds[0]}, {key}.target.pseudo_labels is {rounds[1]}: easy and hard '
            'images are of one round. Set both to it, or neither'
        )
    if (source.get('part') or target.get('part')) and selector is not None and not selector.ranks_images:
        raise UserError(
            f'{key} has a domain with a `part`, but {type(selector).__name__}, which labels, does not rank images: '
            "take selector=dict(type='EntropyRankingSelector'), or leave part out"
        )


def check_labeler(cfg: Config, hook_key: str, hook: dict, adaptation: str) -> None:
    """The model that makes the first round of labels is a trained one, and there."""
    labeler = hook.get('labeler')
    if labeler is None:
        if not cfg.get('load_from') and not cfg.get('resume'):
            raise UserError(
                f'load_from is not set, so the labels for model.adaptations.{adaptation} would be made by an untrained '
                f'network: set load_from, or {hook_key}.labeler=dict(config=..., checkpoint=...)'
            )
        return
    if set(labeler) != {'config', 'checkpoint'}:
        raise UserError(f'{hook_key}.labeler has the keys {sorted(labeler)}, expected config and checkpoint')
    for name, path in labeler.items():
        if not cfg.get('resume') and not osp.isfile(path):
            raise UserError(
                f'{hook_key}.labeler.{name}: {path} does not exist. Train the model that makes the labels first, or '
                f'name another one with --cfg-options {hook_key}.labeler.{name}=...'
            )
