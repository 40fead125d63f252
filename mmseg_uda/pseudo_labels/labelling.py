"""Whose pseudo labels a run needs, and by which rule."""

from collections.abc import Mapping
from dataclasses import dataclass

from mmengine.config import Config
from mmengine.runner import load_checkpoint
from mmseg.registry import MODELS, TASK_UTILS
from torch import nn

from mmseg_uda.errors import UserError
from mmseg_uda.models.checkpoints import check_fits
from mmseg_uda.pseudo_labels.selectors import BaseSelector


@dataclass
class Labelling:
    """How the target images of a run are labelled.

    Attributes:
        adaptation: Key in ``model.adaptations`` of the one whose rule it is.
        selector: Built from its ``labelling.selector``.
        confidence: Whether any adaptation asks for confidence maps.
        overruled: Keys of adaptations that ask for another rule but train on these labels.
    """

    adaptation: str
    selector: BaseSelector
    confidence: bool
    overruled: list[str]


def wanted_labelling(adaptations: Mapping[str, nn.Module]) -> Labelling | None:
    """The rule that a model's adaptations ask for; None if none asks.

    A run has one round of labels at a time. Where two adaptations bring a rule of their own, that of the first in
    ``model.adaptations`` holds.

    Args:
        adaptations: ``{name: adaptation}``; their ``labelling`` is ``dict(selector=dict(type=...), confidence=False)``
            or None.

    Raises:
        UserError: A wrong ``labelling``, naming the config key.
    """
    asking = {name: a.labelling for name, a in adaptations.items() if a.labelling is not None}
    if not asking:
        return None
    for name, labelling in asking.items():
        if 'selector' not in labelling or set(labelling) - {'selector', 'confidence'}:
            raise UserError(
                f'model.adaptations.{name}.labelling has the keys {sorted(labelling)}; expected '
                'dict(selector=dict(type=...), confidence=False)'
            )
    first = next(iter(asking))
    try:
        selector = TASK_UTILS.build(dict(asking[first]['selector']))
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f'model.adaptations.{first}.labelling.selector: {error}') from error
    return Labelling(
        adaptation=first,
        selector=selector,
        confidence=any(labelling.get('confidence', False) for labelling in asking.values()),
        overruled=[name for name in asking if asking[name]['selector'] != asking[first]['selector']],
    )


def load_labeller(config: str, checkpoint: str) -> nn.Module:
    """A trained model, built from its own config, that labels for another run.

    Args:
        config: Path of the config it was trained with.
        checkpoint: Its weights.

    Raises:
        UserError: The weights are another network's.
    """
    model = MODELS.build(Config.fromfile(config).model)
    check_fits(model, checkpoint)
    load_checkpoint(model, checkpoint, map_location='cpu')
    return model
