"""Target probabilities of a segmentor, image by image."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from mmseg.models.segmentors import EncoderDecoder
from mmseg.models.utils import resize
from torch import Tensor, nn

from mmseg_uda.models.decode_heads.geometry import spans_image


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards every module has the mode it had."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def upsampled_probabilities(
    logits: Tensor,
    size: tuple[int, int],
    order: str,
    upsample: Callable[[Tensor, tuple[int, int]], Tensor],
) -> Tensor:
    """Softmax and upsampling, in either order.

    Args:
        logits: (N, C, h, w).
        size: H and W.
        order: ``'logits_first'`` or ``'probs_first'``, see :class:`BaseSelector`.
        upsample: Brings maps (N, C, h, w) to ``size``.

    Returns:
        Probabilities (N, C, H, W).
    """
    if order == 'probs_first':
        return upsample(logits.softmax(dim=1), size)
    return upsample(logits, size).softmax(dim=1)


def target_probabilities(model: EncoderDecoder, batch: dict, order: str) -> list[Tensor]:
    """Class probabilities of a batch of target images at network input size.

    Args:
        model: A UDA segmentor, run as on target images at test time, or any
            encoder-decoder with one head. In evaluation mode, not wrapped.
        batch: Collated samples ``dict(inputs=[...], data_samples=[...])``.
        order: ``'logits_first'`` or ``'probs_first'``, see :class:`BaseSelector`. A head
            that owns its upsampling (FCN-8s) upsamples logits first in both: its released code
            takes the softmax of what it returns, already at input size.

    Returns:
        One tensor (C, H, W) per image, padding cut off.
    """
    data = model.data_preprocessor(batch, False)
    inputs, samples = data['inputs'], data['data_samples']
    size = tuple(inputs.shape[2:])
    if hasattr(model, 'run_domain'):
        logits = model.run_domain(inputs, samples, 'target', training=False).logits
        upsample = model.upsample
    else:
        logits = model.decode_head(model.extract_feat(inputs))

        def upsample(maps: Tensor, size: tuple[int, int]) -> Tensor:
            return resize(maps, size, mode='bilinear', align_corners=model.align_corners)

    if not spans_image(model.decode_head):
        order = 'logits_first'
    prob = upsampled_probabilities(logits, size, order, upsample)
    crops = [sample.metainfo.get('img_shape', size)[:2] for sample in samples]
    return [one[:, :height, :width] for one, (height, width) in zip(prob, crops, strict=True)]
