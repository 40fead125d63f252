"""Pseudo labels of a whole target set, by one process or many, in bounded memory."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.dist import all_reduce, broadcast_object_list, get_dist_info
from mmengine.model import is_model_wrapper
from mmseg.registry import TASK_UTILS
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset

from mmseg_uda.errors import UserError
from mmseg_uda.utils.distributed import broadcast_norm_statistics
from mmseg_uda.utils.image_files import write_png
from mmseg_uda.utils.progress import progress_bar

from .histogram import ConfidenceHistogram
from .overlays import overlay
from .prediction import evaluating, target_probabilities
from .rounds import (
    CONFIDENCE,
    EASY,
    HARD,
    LABELS,
    MANIFEST_NAME,
    OVERLAYS,
    Manifest,
    fingerprint,
    has_all_labels,
    image_name,
    kept_path,
    map_path,
    publish,
    start_afresh,
)
from .selectors import BaseSelector


def generate_pseudo_labels(
    model: nn.Module,
    dataset: Dataset,
    selector: BaseSelector | dict,
    out_dir: str | Path,
    *,
    confidence: bool = False,
    overlays: int = 8,
    overwrite: bool = False,
    batch_size: int = 1,
    num_workers: int = 2,
    origin: dict | None = None,
) -> Manifest:
    """Label all images of a dataset and leave a complete round in ``out_dir``.

    Every process labels its share of the images; call it on all of them. All see the statistics
    of the whole set, so the round does not depend on their number. A round that is there already
    is reused if the same weights and selector made it.

    Args:
        model: Segmentor, wrapped or not, on any device. Its train/eval mode is
            restored; BatchNorm statistics of rank 0 are broadcast first.
        dataset: Target images in test form, as :func:`build_target_images` builds it.
        selector: Selector, or its config.
        out_dir: Folder of the round, on a disk that all processes share.
        confidence: Also write 8-bit maps of the maximum probability, rounded to 1/255 (off
            by at most 1/510).
        overlays: Number of overlay pictures, spread over the dataset.
        overwrite: Replace a round that other weights or another selector made.
        batch_size: Images predicted together.
        num_workers: Loading processes of each process.
        origin: What the manifest shall say about the model's origin.

    Returns:
        The round's manifest, the same on all processes.

    Raises:
        UserError: ``out_dir`` holds something else and ``overwrite`` is not set, the dataset is empty, or two images
            have the same name.
    """
    if isinstance(selector, dict):
        selector = TASK_UTILS.build(selector)
    out_dir = Path(out_dir)
    model = model.module if is_model_wrapper(model) else model
    broadcast_norm_statistics(model)
    names = _image_names(dataset)
    weights = _agree(lambda: fingerprint(model))
    images = _digest_of_images(dataset, names)
    found = _agree(lambda: _reusable(out_dir, selector, weights, images, confidence, overwrite))
    if found is not None:
        return found

    aside = _agree(lambda: start_afresh(out_dir))
    job = _TwoPasses(model, dataset, selector, names, aside, confidence, overlays)
    try:
        with evaluating(model):
            histogram = job.measure(batch_size, num_workers)
            histogram.all_reduce()  # also waits until all ranks have kept their predictions
            thresholds = _agree(lambda: selector.image_thresholds(selector.thresholds(histogram), job.predictions()))
            rows, split = _rows(thresholds, len(names)), job.split()
            rows[split.get(HARD, [])] = np.inf  # nothing reaches it
            kept = job.write(rows, batch_size, num_workers)
        all_reduce(kept, op='sum')  # also waits for all ranks
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    manifest = Manifest(
        selector=_describe(selector),
        thresholds=_common(thresholds),
        classes=list(job.classes),
        images=len(names),
        images_digest=images,
        predicted=histogram.pixels.tolist(),
        kept=kept.tolist(),
        confidence=confidence,
        weights=weights,
        origin=origin or {},
    )
    parts = {part: [names[index] for index in indices] for part, indices in split.items()}
    _agree(lambda: publish(out_dir, manifest, parts))
    return manifest


class _TwoPasses:
    """The two passes over this process's share of the images."""

    def __init__(
        self,
        model: nn.Module,
        dataset: Dataset,
        selector: BaseSelector,
        names: list[str],
        aside: Path,
        confidence: bool,
        overlays: int,
    ) -> None:
        self.model = model
        self.dataset = dataset
        self.selector = selector
        self.names = names
        self.aside = aside
        self.confidence = confidence
        self.classes = dataset.metainfo['classes']
        self.metainfo = dataset.metainfo
        rank, world_size = get_dist_info()
        self.share = range(rank, len(dataset), world_size)
        self.scores = torch.zeros(len(dataset), dtype=torch.float64)
        self.shown = set(np.linspace(0, len(dataset) - 1, min(overlays, len(dataset))).round().astype(int))

    def measure(self, batch_size: int, num_workers: int) -> ConfidenceHistogram:
        """First pass: confidences of the argmax, and all that a one-pass selector will need."""
        histogram = ConfidenceHistogram(len(self.classes), self.selector.stride)
        for index, prob in self._predict('measuring confidences', batch_size, num_workers):
            if prob.shape[0] != len(self.classes):
                raise UserError(
                    f'the model predicts {prob.shape[0]} classes, the target dataset has '
                    f'{len(self.classes)}: {", ".join(self.classes)}'
                )
            value, label = prob.max(dim=0)
            value, label = value.float().cpu(), label.to(torch.uint8).cpu()
            histogram.update(label[None], value[None])
            if self.selector.ranks_images:
                self.scores[index] = self.selector.image_score(prob)
            if self.confidence:
                shades = (value * 255).round_().clamp_(0, 255).to(torch.uint8)
                write_png(self._map_path(CONFIDENCE, index), shades.numpy())
            if self.selector.one_pass:
                with kept_path(self.aside, index).open('wb') as file:
                    np.save(file, label.numpy())
                    np.save(file, value.numpy())
        return histogram

    def split(self) -> dict[str, np.ndarray]:
        """Indices of ``easy`` and ``hard`` images of the whole set; empty where the selector does not rank images."""
        if not self.selector.ranks_images:
            return {}
        all_reduce(self.scores, op='sum')  # each image was scored by one process
        split = dict(zip((EASY, HARD), self.selector.split(self.scores.numpy()), strict=True))
        for part, indices in split.items():
            if not len(indices):
                raise UserError(f'none of {len(self.scores)} images is {part} by {_describe(self.selector)}')
        return split

    def predictions(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Label and confidence of all images, also of other processes' shares, in the dataset's order."""
        for index in _progress(range(len(self.names)), 'going from image to image', len(self.names)):
            yield self._kept(index)

    def write(self, thresholds: np.ndarray, batch_size: int, num_workers: int) -> Tensor:
        """Second pass: label PNGs and overlays, by thresholds [n, C]; returns the labelled pixels per class, [C]."""
        kept = torch.zeros(len(self.classes), dtype=torch.int64)
        for index, label in self._labels(thresholds, batch_size, num_workers):
            counts = torch.bincount(label.flatten(), minlength=256)
            kept += counts[: len(self.classes)]
            write_png(self._map_path(LABELS, index), label.numpy())
            if index in self.shown:
                image = self.dataset.get_data_info(index)['img_path']
                picture = overlay(image, label.numpy(), self.metainfo)
                write_png(self._map_path(OVERLAYS, index), picture)
        return kept

    def _labels(self, thresholds: np.ndarray, batch_size: int, num_workers: int) -> Iterator[tuple[int, Tensor]]:
        if not self.selector.one_pass:
            for index, prob in self._predict('writing labels', batch_size, num_workers):
                yield index, self.selector.label(prob[None], thresholds[index])[0].cpu()
            return
        for index in _progress(self.share, 'writing labels', len(self.share)):
            label, value = (torch.from_numpy(array)[None] for array in self._kept(index))
            kept_path(self.aside, index).unlink()
            yield index, self.selector.select(label, value, thresholds[index])[0]

    def _map_path(self, kind: str, index: int) -> Path:
        return Path(map_path(self.aside, kind, self.names[index]))

    def _kept(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        with kept_path(self.aside, index).open('rb') as file:
            return np.load(file), np.load(file)

    def _predict(self, title: str, batch_size: int, num_workers: int) -> Iterator[tuple[int, Tensor]]:
        # No sampler: DefaultSampler pads shares to equal length and would count images twice.
        # A generator of its own: labelling must not advance the training's random state.
        loader = DataLoader(
            Subset(self.dataset, self.share),
            batch_size=batch_size,
            num_workers=num_workers,
            collate_fn=pseudo_collate,
            generator=torch.Generator(),
        )
        indices = iter(self.share)
        for batch in _progress(loader, title, len(loader)):
            for prob in target_probabilities(self.model, batch, self.selector.order):
                yield next(indices), prob


T = TypeVar('T')


def _agree(action: Callable[[], T]) -> T:
    """Let rank 0 act; all ranks return what it returned, or raise what it raised."""
    outcome = [None, None]
    if get_dist_info()[0] == 0:
        try:
            outcome[0] = action()
        except Exception as error:
            outcome[1] = error
    broadcast_object_list(outcome, src=0)
    result, error = outcome
    if error is not None:
        raise error
    return result


def _progress(steps: Iterable[T], title: str, total: int) -> Iterator[T]:
    """Iterate with a progress bar on rank 0."""
    with progress_bar(disable=get_dist_info()[0] != 0) as progress:
        yield from progress.track(steps, total=total, description=f'Pseudo labels: {title}')


def _image_names(dataset: Dataset) -> list[str]:
    prefix = dataset.data_prefix['img_path']
    names = [image_name(dataset.get_data_info(index)['img_path'], prefix) for index in range(len(dataset))]
    if not names:
        raise UserError(f'there is no target image to label below {prefix}')
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UserError(f'two target images below {prefix} are called {twice}, extensions aside: which label is whose?')
    return names


def _digest_of_images(dataset: Dataset, names: list[str]) -> str:
    """Changes with the images' folder, their names, and the loading pipeline."""
    description = json.dumps([str(dataset.data_prefix['img_path']), names, str(dataset.pipeline)])
    return hashlib.sha256(description.encode()).hexdigest()


def _rows(thresholds: np.ndarray, images: int) -> np.ndarray:
    """Thresholds of each image, [n, C]."""
    return thresholds if thresholds.ndim == 2 else np.tile(thresholds, (images, 1))


def _common(thresholds: np.ndarray) -> list[float | None]:
    """Per class, the threshold of all images; None where they have no common one."""
    if thresholds.ndim == 2:
        return [None] * thresholds.shape[1]
    return [float(value) if np.isfinite(value) else None for value in thresholds]


def _describe(selector: BaseSelector) -> dict:
    return dict(type=type(selector).__name__, **vars(selector))


def _reusable(
    out_dir: Path,
    selector: BaseSelector,
    weights: str,
    images: str,
    confidence: bool,
    overwrite: bool,
) -> Manifest | None:
    """The round that is there, if it is the one asked for; None if one has to be made."""
    manifest = Manifest.read(out_dir)
    if manifest is None:
        if out_dir.exists() and (not out_dir.is_dir() or any(out_dir.iterdir())):
            raise UserError(
                f'{out_dir} exists and is no round of pseudo labels (it has no {MANIFEST_NAME}): choose another folder'
            )
        return None
    differences = [
        what
        for what, differs in {
            'the weights': manifest.weights != weights,
            'the selector': manifest.selector != _describe(selector),
            'the images or how they are loaded': manifest.images_digest != images,
            'the lack of confidence maps': confidence and not manifest.confidence,
        }.items()
        if differs
    ]
    if not differences:
        return manifest if has_all_labels(out_dir, manifest) else None
    if overwrite:
        return None
    raise UserError(
        f'{out_dir} holds another round of pseudo labels, which differs in '
        f'{" and ".join(differences)}: choose another folder, or ask to replace it (overwrite=True, --overwrite)'
    )
