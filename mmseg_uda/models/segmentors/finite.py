"""A loss that is no finite number ends a run before it spoils the weights."""

from collections.abc import Iterable, Mapping

import torch
from mmengine.logging import print_log
from mmseg.structures import SegDataSample
from torch import Tensor

from mmseg_uda.errors import UserError


class NonFiniteLossError(UserError):
    """A step's loss or gradient is NaN or infinite; the weights are still those before the step."""


def check_finite(
    losses: Mapping[str, Tensor | list[Tensor]], samples: Iterable[SegDataSample], skips: bool = False
) -> None:
    """End the run at a loss of a step that is no number; where the optimiser leaves such updates out, log it.

    Args:
        losses: By their names; only those with "loss" in the name count.
        samples: Of all images of the step, for the message.
        skips: Whether the optimiser wrapper leaves this update out.

    Raises:
        NonFiniteLossError: ``skips`` is not set; the message names the losses and the images.
    """
    values = {
        name: value if isinstance(value, Tensor) else torch.stack([part.mean() for part in value])
        for name, value in losses.items()
        if 'loss' in name
    }
    if not values or bool(torch.isfinite(sum(value.detach().float().mean() for value in values.values()))):
        return
    bad = [
        f'{name} is {value.detach().mean().item()}' for name, value in values.items() if not torch.isfinite(value).all()
    ]
    images = ', '.join(str(sample.metainfo.get('img_path', 'an image without a name')) for sample in samples)
    found = f'{"; ".join(bad) or "the sum of the losses overflows"}, on {images}'
    if skips:
        print_log(f'No number: {found}', logger='current')
        return
    raise NonFiniteLossError(
        f'{found}. Nothing of this step was learned, and no checkpoint holds it: look at these images and their labels '
        '(tools/analysis_tools/browse_dataset.py), and at rates and loss weights; optim_wrapper.max_skipped=N leaves '
        'out up to N such updates'
    )
