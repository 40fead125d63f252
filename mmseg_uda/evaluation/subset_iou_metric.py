"""IoU over named subsets of the classes, from one pass."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger, print_log
from mmseg.evaluation import IoUMetric
from mmseg.registry import METRICS
from prettytable import PrettyTable

from mmseg_uda.datasets.class_subsets import resolve_classes
from mmseg_uda.errors import UserError, choice


@METRICS.register_module()
class SubsetIoUMetric(IoUMetric):
    """Mean IoU over all classes and over named subsets of them.

    Differs from MMSeg's ``IoUMetric`` in three ways: confusion counts are int64 (sums in float32
    lose pixels above 2^24), a class without ground-truth pixels is left out of every mean (MMSeg
    counts it as 0 as soon as it is predicted somewhere), and every number is a plain float.

    Args:
        subsets: name of the mean -> class names, or the name of a subset such as ``'SYNTHIA_16'``:
            ``dict(mIoU16='SYNTHIA_16', mIoU13='SYNTHIA_13')``.
        outside: pixels whose ground truth is outside a subset. ``'count'``: the subset's mean is
            that of the full IoUs, so predicting a class of the subset there is a false positive.
            ``'ignore'``: those pixels are left out. Protocols differ; configs say which.
        mean_over: key of the samples' meta information: every number is the mean of those of the images that share
            a value of it, instead of one of all images (DAST: two strengths of a style).
        ignore_index: ground-truth id that is left out altogether.
        output_dir, format_only, prefix, **kwargs: as in MMSeg's ``IoUMetric``
            (predictions are saved to ``output_dir`` as PNGs of class ids).
        collect_device: how processes hand over their counts. ``'gpu'``: by the process group, without GPUs too;
            ``'cpu'``: by files, for which MMEngine leaves a ``.dist_test`` in the current folder.

    Returns of ``compute_metrics``, in percent: ``aAcc``, ``mIoU``, ``mAcc``, each subset's mean
    under its name, ``IoU.<class>`` per class (NaN without ground truth).

    Raises:
        UserError: a class name that the data set does not have, ground-truth ids that are no
            class, a sample without ``mean_over``, or ``format_only`` without ``output_dir``.
    """

    def __init__(
        self,
        subsets: Mapping[str, str | Sequence[str]] | None = None,
        outside: Literal['count', 'ignore'] = 'count',
        mean_over: str | None = None,
        ignore_index: int = 255,
        output_dir: str | None = None,
        format_only: bool = False,
        collect_device: str = 'gpu',
        prefix: str | None = None,
        **kwargs,
    ) -> None:
        if format_only and not output_dir:
            raise UserError('format_only saves predictions, so output_dir must be set')
        if list(kwargs.get('iou_metrics', ['mIoU'])) != ['mIoU']:
            raise UserError('SubsetIoUMetric computes IoU only: remove iou_metrics')
        super().__init__(
            ignore_index=ignore_index,
            output_dir=output_dir,
            format_only=format_only,
            collect_device=collect_device,
            prefix=prefix,
            **kwargs,
        )
        self.outside = choice('SubsetIoUMetric.outside', outside, ('count', 'ignore'))
        self.mean_over = mean_over
        self._saved_like: tuple[str, str] | None = None
        self.subsets = {name: resolve_classes(names) for name, names in (subsets or {}).items()}
        reserved = {'mIoU', 'mAcc', 'aAcc'} & set(self.subsets)
        if reserved:
            raise UserError(f'subsets cannot be called {sorted(reserved)}: those names are taken')

    @property
    def dataset_meta(self) -> dict | None:
        """The data set's meta information; set before the loop starts."""
        return BaseMetric.dataset_meta.fget(self)

    @dataset_meta.setter
    def dataset_meta(self, meta: dict) -> None:
        for name, classes in self.subsets.items():
            unknown = [c for c in classes if c not in meta['classes']]
            if unknown:
                raise UserError(
                    f'evaluator subset {name!r} names classes that the data set does not have: '
                    f'{unknown}. Its classes are {list(meta["classes"])}'
                )
        BaseMetric.dataset_meta.fset(self, meta)

    def keep_apart(self, img_paths: Sequence[str]) -> None:
        """Save predictions below folders like the images', where two images of different folders have one name.

        Args:
            img_paths: Of all images that will be predicted.
        """
        if self.output_dir and len({Path(path).stem for path in img_paths}) < len(set(img_paths)):
            self._saved_like = os.path.commonpath([os.path.dirname(path) for path in img_paths]), self.output_dir

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Add each sample's confusion counts and save its prediction where that is asked for."""
        for sample in data_samples:
            if self._saved_like is not None:
                root, out = self._saved_like
                self.output_dir = os.path.join(out, os.path.relpath(os.path.dirname(sample['img_path']), root))
                os.makedirs(self.output_dir, exist_ok=True)
            try:
                super().process(data_batch, [sample])
            except ValueError as error:
                path = sample.get('seg_map_path', sample.get('img_path'))
                raise UserError(f'{path}: {error}') from error
            if self.mean_over and not self.format_only:
                if self.mean_over not in sample:
                    raise UserError(
                        f'evaluator: mean_over is {self.mean_over!r}, which samples lack: add it to the meta_keys of '
                        "the pipeline's PackSegInputs"
                    )
                self.results[-1] = (sample[self.mean_over], self.results[-1])

    @staticmethod
    def intersect_and_union(
        pred_label: torch.Tensor, label: torch.Tensor, num_classes: int, ignore_index: int
    ) -> torch.Tensor:
        """Confusion counts (num_classes, num_classes) int64 on CPU: rows truth, columns prediction.

        Raises:
            UserError: prediction and label differ in shape, or hold ids that are no class.
        """
        if pred_label.shape != label.shape:
            raise UserError(
                f'prediction is {tuple(pred_label.shape)}, ground truth {tuple(label.shape)}: load '
                'the labels after Resize in the test pipeline'
            )
        valid = label != ignore_index
        truth, prediction = label[valid].long(), pred_label[valid].long()
        for kind, ids in (('ground truth', truth), ('prediction', prediction)):
            if len(ids) and not 0 <= int(ids.min()) <= int(ids.max()) < num_classes:
                raise UserError(
                    f'{kind} holds ids from {int(ids.min())} to {int(ids.max())}, but the data set '
                    f'has {num_classes} classes (ignored: {ignore_index})'
                )
        counts = torch.bincount(truth * num_classes + prediction, minlength=num_classes**2)
        return counts.reshape(num_classes, num_classes).cpu()

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Metrics in percent from the confusion counts of all samples of all ranks."""
        if self.format_only:
            return super().compute_metrics(results)
        if self.mean_over is None:
            return self._metrics(results)
        values = dict.fromkeys(value for value, _ in results)
        parts = [self._metrics([counts for v, counts in results if v == value]) for value in values]
        return {name: sum(part[name] for part in parts) / len(parts) for name in parts[0]}

    def _metrics(self, results: list[torch.Tensor]) -> dict[str, float]:
        """Metrics of these confusion counts; prints their table."""
        classes = list(self.dataset_meta['classes'])
        confusion = torch.stack(results).sum(dim=0)
        iou, acc = _iou_and_accuracy(confusion)
        metrics = dict(
            aAcc=100 * _ratio(confusion.diagonal().sum(), confusion.sum()).item(),
            mIoU=iou.nanmean().item(),
            mAcc=acc.nanmean().item(),
        )
        table = PrettyTable(['class', 'IoU', 'Acc', *self.subsets])
        columns = {}
        for name, subset in self.subsets.items():
            columns[name] = self._subset_iou(confusion, [classes.index(c) for c in subset])
            metrics[name] = columns[name].nanmean().item()
        metrics |= {f'IoU.{name}': value.item() for name, value in zip(classes, iou, strict=True)}

        for c, name in enumerate(classes):
            row = [iou[c], acc[c], *(column[c] for column in columns.values())]
            table.add_row([name, *map(_cell, row)], divider=c == len(classes) - 1)
        means = [metrics['mIoU'], metrics['mAcc'], *(metrics[name] for name in self.subsets)]
        table.add_row(['mean', *(f'{mean:.2f}' for mean in means)])
        logger = MMLogger.get_current_instance()
        print_log(f'IoU per class, in percent:\n{table.get_string()}', logger)
        return metrics

    def _subset_iou(self, confusion: torch.Tensor, members: list[int]) -> torch.Tensor:
        """(C,) IoU in percent, NaN outside the subset."""
        inside = torch.zeros(len(confusion), dtype=torch.bool)
        inside[members] = True
        if self.outside == 'ignore':
            confusion = confusion * inside[:, None]
        iou, _ = _iou_and_accuracy(confusion)
        return iou.masked_fill(~inside, float('nan'))


def _iou_and_accuracy(confusion: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(C,) IoU and recall in percent, float64, NaN for classes without ground truth."""
    hits, truth, predicted = confusion.diagonal(), confusion.sum(dim=1), confusion.sum(dim=0)
    iou = _ratio(hits, truth + predicted - hits)
    return 100 * iou.masked_fill(truth == 0, float('nan')), 100 * _ratio(hits, truth)


def _ratio(part: torch.Tensor, whole: torch.Tensor) -> torch.Tensor:
    return part.double() / whole.double()  # integers divide in float32


def _cell(value: torch.Tensor) -> str:
    return '-' if value.isnan() else f'{value.item():.2f}'
