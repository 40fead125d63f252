"""A loss that is no finite number ends a run before it spoils the weights."""

from collections.abc import Iterable, Mapping

import torch
from mmengine.logging import print_log
from mmseg.structures import SegDataSample
from torch import Tensor

from mmseg_uda.errors import UserError


class NonFiniteLossError(UserError):
    """A step's loss or gradient is NaN or infinite; the weights are still those before the step."""


def non_finite_losses(losses: Mapping[str, Tensor | list[Tensor]], samples: Iterable[SegDataSample]) -> str | None:
    """Say which losses of a step are NaN or infinite, and on which images; None if they are numbers.

    Args:
        losses: By their names; only those with "loss" in the name count.
        samples: Of all images of the step.
    """
    values = {
        name: value if isinstance(value, Tensor) else torch.stack([part.mean() for part in value])
        for name, value in losses.items()
        if 'loss' in name
    }
    if not values or bool(torch.isfinite(sum(value.detach().float().mean() for value in values.values()))):
        return None
    bad = [
        f'{name} is {value.detach().mean().item()}' for name, value in values.items() if not torch.isfinite(value).all()
    ]
    images = ', '.join(str(sample.metainfo.get('img_path', 'an image without a name')) for sample in samples)
    return f'{"; ".join(bad) or "the sum of the losses overflows"}, on {images}'


def refuse_or_tell(found: str, skips: bool) -> None:
    """End the run at a loss that is no number; where updates may be skipped, log it.

    Args:
        found: From :func:`non_finite_losses`.
        skips: Whether the optimiser wrapper will leave this update out.

    Raises:
        NonFiniteLossError: ``skips`` is not set.
    """
    if skips:
        print_log(f'No number: {found}', logger='current')
        return
    raise NonFiniteLossError(
        f'{found}. Nothing of this step was learned, and no checkpoint holds it: look at these images and their labels '
        '(tools/analysis_tools/browse_dataset.py), and at rates and loss weights; optim_wrapper.max_skipped=N leaves '
        'out up to N such updates'
    )
