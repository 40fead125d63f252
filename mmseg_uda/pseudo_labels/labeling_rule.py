"""Whose pseudo labels a run needs, and by which rule."""

from collections.abc import Mapping
from dataclasses import dataclass

from mmengine.runner import load_checkpoint
from mmseg.registry import MODELS, TASK_UTILS
from torch import nn

from mmseg_uda.errors import UserError
from mmseg_uda.models.checkpoints import check_fits
from mmseg_uda.utils.configs import load_config

from .selectors import BaseSelector


@dataclass
class LabelingRule:
    """How the target images of a run are labelled.

    Attributes:
        adaptation: Key in ``model.adaptations`` of the one whose rule it is.
        selector: Built from its ``labeling.selector``.
        confidence: Whether any adaptation asks for confidence maps.
        overruled: Keys of adaptations that ask for another rule but train on these labels.
    """

    adaptation: str
    selector: BaseSelector
    confidence: bool
    overruled: list[str]


def find_labeling_rule(adaptations: Mapping[str, nn.Module]) -> LabelingRule | None:
    """Find the rule that a model's adaptations ask for; None if none asks.

    A run has one round of labels at a time. Where two adaptations bring a rule of their own, that of the first in
    ``model.adaptations`` holds.

    Args:
        adaptations: ``{name: adaptation}``; their ``labeling`` is ``dict(selector=dict(type=...), confidence=False)``
            or None.

    Raises:
        UserError: A wrong ``labeling``, naming the config key.
    """
    asking = {name: a.labeling for name, a in adaptations.items() if a.labeling is not None}
    if not asking:
        return None
    for name, labeling in asking.items():
        if 'selector' not in labeling or set(labeling) - {'selector', 'confidence'}:
            raise UserError(
                f'model.adaptations.{name}.labeling has the keys {sorted(labeling)}; expected '
                'dict(selector=dict(type=...), confidence=False)'
            )
    first = next(iter(asking))
    try:
        selector = TASK_UTILS.build(dict(asking[first]['selector']))
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f'model.adaptations.{first}.labeling.selector: {error}') from error
    return LabelingRule(
        adaptation=first,
        selector=selector,
        confidence=any(labeling.get('confidence', False) for labeling in asking.values()),
        overruled=[name for name in asking if asking[name]['selector'] != asking[first]['selector']],
    )


def load_labeler(config: str, checkpoint: str) -> nn.Module:
    """Load a trained model, built from its own config, that labels for another run.

    Args:
        config: Path of the config it was trained with.
        checkpoint: Its weights.

    Raises:
        UserError: The weights are another network's.
    """
    model = MODELS.build(load_config(config).model)
    check_fits(model, checkpoint)
    load_checkpoint(model, checkpoint, map_location='cpu', logger='current')
    return model
