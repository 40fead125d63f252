"""A trained segmentor as an ONNX graph: raw images in, logits at their size out.

The graph holds all that MMSeg's data preprocessor does to an image that was loaded, so nobody has to repeat means and
orders of channels where it is used. What the test pipeline does before, resizing the image, is left to the user.
"""

import json
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import torch
from mmseg.models import EncoderDecoder
from torch import Tensor, nn

from mmseg_uda.errors import UserError
from mmseg_uda.models.decode_heads.geometry import upsample
from mmseg_uda.models.segmentors import UDASegmentor

TOLERANCE = 1e-3
"""Largest difference to the model that a graph may have, as a share of the largest logit."""

AXES = dict(batch=0, height=2, width=3)
FREEDOMS = (('batch', 'height', 'width'), ('batch',), ())
"""Which axes of the images may have any size, from the most useful to what every network permits."""


class ImagesToLogits(nn.Module):
    """What the graph computes, adaptations' refinements included.

    Args:
        segmentor: A UDASegmentor, or MMSeg's EncoderDecoder.

    Raises:
        UserError: It is another model, or one whose predictions take more than its network run once.
    """

    def __init__(self, segmentor: EncoderDecoder) -> None:
        super().__init__()
        check_is_one_network(segmentor)
        self.segmentor = segmentor
        self.eval()

    def forward(self, image: Tensor) -> Tensor:
        """N,3,H,W uint8, BGR as OpenCV reads images, to logits N,C,H,W float32."""
        logits = self.segmentor(self.preprocess(image), mode='tensor')
        return upsample(self.segmentor.decode_head, logits, image.shape[2:])

    def preprocess(self, image: Tensor) -> Tensor:
        """Normalize N,3,H,W, by the model's data preprocessor: it takes a list, so the images are laid out as one."""
        tall = image.transpose(0, 1).flatten(1, 2)
        (tall,) = self.segmentor.data_preprocessor(dict(inputs=[tall]))['inputs']
        return tall.unflatten(1, (image.shape[0], image.shape[2])).transpose(0, 1)


def check_is_one_network(segmentor: nn.Module) -> None:
    """Refuse models whose predictions take more than the network, run once on the whole image.

    Raises:
        UserError: The message names the config key.
    """
    name = type(segmentor).__name__
    if type(segmentor) not in (UDASegmentor, EncoderDecoder):
        raise UserError(f'model.type is {name!r}; what can be exported to ONNX is a UDASegmentor or an EncoderDecoder')
    mode = (segmentor.test_cfg or {}).get('mode', 'whole')
    if mode != 'whole':
        raise UserError(
            f'model.test_cfg.mode is {mode!r}: a graph has no loop over windows. Set --cfg-options '
            'model.test_cfg.mode=whole for a graph of the network alone, and slide it yourself'
        )
    padding = segmentor.data_preprocessor.test_cfg or {}
    if padding.get('size') or padding.get('size_divisor'):
        raise UserError(
            f'model.data_preprocessor.test_cfg is {dict(padding)}: the graph does not pad. Set --cfg-options '
            'model.data_preprocessor.test_cfg=None and give it images of sizes that need no padding'
        )


@contextmanager
def without_notes() -> Iterator[None]:
    """Keep from the screen what the exporter notes about itself: steps it skips, torch's own deprecations."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            yield
    finally:
        logging.disable(logging.NOTSET)


def write_graph(segmentor: EncoderDecoder, path: Path, size: Sequence[int], free: Sequence[str]) -> None:
    """Write a graph with input ``image`` and output ``logits``, see :class:`ImagesToLogits`.

    The names of the classes are in the file's metadata, ``classes``, as JSON.

    Args:
        segmentor: The model, with ``dataset_meta``.
        path: The file.
        size: (H, W) of the images on which the network is traced.
        free: Axes that may have any size, see :data:`FREEDOMS`.

    Raises:
        UserError: See :class:`ImagesToLogits`, or the network cannot be traced.
    """
    model = ImagesToLogits(segmentor)
    count = 2 if 'batch' in free else 1  # a free axis of size one would be taken for a constant
    example = torch.zeros(count, 3, *size, dtype=torch.uint8)
    try:
        with torch.no_grad(), without_notes():
            program = torch.onnx.export(
                model,
                (example,),
                input_names=['image'],
                output_names=['logits'],
                dynamic_shapes=dict(image={AXES[name]: name for name in free}),
                dynamo=True,
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise UserError(f'this network cannot be traced for ONNX: {reason}') from error
    program.model.metadata_props['classes'] = json.dumps(list(segmentor.dataset_meta['classes']))
    program.save(path, external_data=False)


class Graph:
    """An ONNX file, run by ONNX Runtime on the CPU: images N,3,H,W uint8 to logits N,C,H,W.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what goes wrong is raised, it need not be printed too
        self.session = onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])

    def __call__(self, images: Tensor) -> Tensor:
        (logits,) = self.session.run(['logits'], dict(image=images.numpy()))
        return torch.from_numpy(logits)


class Comparison(NamedTuple):
    """How a graph differs from the model on some images.

    Attributes:
        shape: (N, H, W) of the images.
        difference: Largest absolute difference of a logit.
        largest: Largest absolute logit of the model.
        same: Share of the pixels with the same class, in [0, 1].
    """

    shape: tuple[int, int, int]
    difference: float
    largest: float
    same: float

    @property
    def holds(self) -> bool:
        """Whether the difference is one of rounding."""
        return self.difference <= TOLERANCE * self.largest

    def __str__(self) -> str:
        n, height, width = self.shape
        return (
            f'{n} of {height}x{width}: largest difference {self.difference:.1e} of logits up to {self.largest:.3g}, '
            f'the same class on {100 * self.same:.3f} % of the pixels'
        )


def shapes_to_try(size: Sequence[int], free: Sequence[str]) -> list[tuple[int, int, int]]:
    """(N, H, W) of the images on which a graph is compared: other numbers than traced, other sizes, odd ones."""
    height, width = size
    if 'height' in free:
        return [(2, height, width), (1, height * 3 // 4, width * 5 // 8), (3, height // 2 + 5, width // 2 + 11)]
    return [(count, height, width) for count in ((1, 3) if 'batch' in free else (1,))]


@torch.no_grad()
def compare(graph: Graph, segmentor: EncoderDecoder, shape: tuple[int, int, int]) -> Comparison:
    """Run both on the same random images, the model by MMSeg's ``test_step``.

    Raises:
        UserError: ONNX Runtime cannot run the graph on such images.
    """
    n, height, width = shape
    images = torch.randint(0, 256, (n, 3, height, width), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    results = segmentor.test_step(dict(inputs=list(images)))
    expected = torch.stack([result.seg_logits.data for result in results])
    try:
        logits = graph(images)
    except Exception as error:  # ONNX Runtime's have no class in common
        raise UserError(f'ONNX Runtime fails on {n} images of {height}x{width}: {error}') from error
    return Comparison(
        shape=shape,
        difference=(logits - expected).abs().max().item(),
        largest=expected.abs().max().item(),
        same=(logits.argmax(1) == expected.argmax(1)).float().mean().item(),
    )


def write_compared_graph(
    segmentor: EncoderDecoder, path: Path, size: Sequence[int], free: Sequence[str]
) -> list[Comparison]:
    """Write a graph as :func:`write_graph` does, and compare it with the model.

    Raises:
        UserError: It gives other logits than the model; or see :func:`write_graph`.
    """
    write_graph(segmentor, path, size, free)
    graph = Graph(path)
    comparisons = [compare(graph, segmentor, shape) for shape in shapes_to_try(size, free)]
    wrong = next((c for c in comparisons if not c.holds), None)
    if wrong:
        raise UserError(f'the graph does not compute what the model does; {wrong}')
    return comparisons


def write_freest_graph(
    segmentor: EncoderDecoder, path: Path, size: Sequence[int]
) -> tuple[tuple[str, ...], list[Comparison]]:
    """Write the graph that leaves as many axes free as the network permits.

    Returns:
        The free axes, one of :data:`FREEDOMS`, and the comparisons.

    Raises:
        UserError: Not even that of one image of this size computes what the model does; or see :func:`write_graph`.
    """
    for free in FREEDOMS[:-1]:
        with suppress(UserError):
            return free, write_compared_graph(segmentor, path, size, free)
    return FREEDOMS[-1], write_compared_graph(segmentor, path, size, FREEDOMS[-1])
