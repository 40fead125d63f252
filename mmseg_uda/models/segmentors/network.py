"""Which of MMSeg's networks can be adapted: one backbone, and a decode head that gives a map of logits."""

import inspect
from collections.abc import Mapping

from mmseg.models import EncoderDecoder
from mmseg.models.decode_heads.cascade_decode_head import BaseCascadeDecodeHead
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmseg_uda.errors import UserError
from mmseg_uda.utils.meta import image_on_meta, outputs_on_meta

from ..ops.multi_resolution import Views

PAGE = 'docs/networks.md lists the networks that can be adapted'


def check_network(network: Mapping) -> None:
    """Refuse networks whose predictions the adaptations could not read.

    Args:
        network: Arguments of an EncoderDecoder, that is ``model`` without what is ours.

    Raises:
        UserError: A cascade, a head that gives no map of logits, or arguments of another kind of segmentor.
    """
    decode_head = network.get('decode_head') or {}
    if not isinstance(decode_head, Mapping):
        names = ' and '.join(str(head.get('type')) for head in decode_head)
        raise UserError(
            f'model.decode_head is a cascade of {names}, each of which reads the predictions of the one before; '
            f'UDASegmentor takes one decode head. {PAGE}'
        )
    if unknown := sorted(network.keys() - inspect.signature(EncoderDecoder.__init__).parameters.keys()):
        raise UserError(
            f'{", ".join(f"model.{name}" for name in unknown)}: no part of an EncoderDecoder, so UDASegmentor does not '
            f'know it. Remove it, or take a network that MMSeg builds as EncoderDecoder. {PAGE}'
        )
    kind = decode_head.get('type')
    cls = MODELS.get(kind) if isinstance(kind, str) else kind
    if not isinstance(cls, type):
        return  # MMEngine says that it does not know the name
    if not issubclass(cls, BaseDecodeHead) or issubclass(cls, BaseCascadeDecodeHead):
        raise UserError(
            f'model.decode_head.type is {cls.__name__}, which does not turn features into a map of logits by itself '
            f'(it is no BaseDecodeHead, or one of a cascade), so adaptations have nothing to read. {PAGE}'
        )


def one_map(head: nn.Module, logits: Tensor | tuple | list) -> Tensor:
    """What a decode head gave, if it is one map of logits.

    Raises:
        UserError: It gave several, each with a loss of its own.
    """
    if not isinstance(logits, Tensor):
        raise UserError(
            f'model.decode_head ({type(head).__name__}) gives {len(logits)} maps of logits in training; UDASegmentor '
            f'takes a head that gives one. {PAGE}'
        )
    return logits


def map_channels(backbone: nn.Module, neck: nn.Module | None = None) -> list[int]:
    """Channels of what a backbone, or its neck, gives: no config says them in one place, so they run without values.

    Raises:
        UserError: It gives something else than maps.
    """
    outputs = outputs_on_meta(backbone, image_on_meta(backbone))
    if neck is not None:
        outputs = outputs_on_meta(neck, outputs)
    if not all(isinstance(output, Tensor | Views) for output in outputs):
        raise UserError(
            f'model.backbone ({type(backbone).__name__}) gives pairs of tensors where maps are expected (DPT reads '
            'class tokens too): use another backbone, or a method that reads predictions'
        )
    return [output.shape[1] if isinstance(output, Tensor) else 0 for output in outputs]
