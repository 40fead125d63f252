"""Test data as plain MMSeg reads it: data sets, pipelines, the metric.

MMSeg's classes score labels that hold the model's classes. Where they cannot read the labels of a data set of this
package, its images are left, so that MMSeg's test tool writes predictions and never a wrong number.
"""

import inspect
from collections.abc import Mapping

from mmseg.datasets import BaseSegDataset, CityscapesDataset
from mmseg.evaluation import IoUMetric
from mmseg.registry import DATASETS, METRICS

from mmseg_uda.datasets.checked_dataset import CheckedSegDataset
from mmseg_uda.datasets.concat import part_configs
from mmseg_uda.errors import UserError
from mmseg_uda.evaluation import SubsetIoUMetric
from mmseg_uda.pseudo_labels.target_images import labeling_steps

CITYSCAPES_CLASSES = set(CityscapesDataset.METAINFO['classes'])
LABEL_STEPS = ('LoadAnnotations', 'LoadMappedAnnotations', 'LoadPseudoLabels', 'ScoreAtThisSize')
PREDICTIONS = dict(type='IoUMetric', format_only=True, output_dir='work_dirs/predictions')
"""MMSeg's way to write predictions as PNGs of class ids; ``--out`` of its test tool names another folder."""


def image_loader(cfg: Mapping) -> dict | None:
    """The loader of test images, or of the (first) target folder where a config has none; None if it has neither."""
    if cfg.get('test_dataloader') is not None:
        return dict(cfg['test_dataloader'])
    target = ((cfg.get('train_dataloader') or {}).get('dataset') or {}).get('target')
    if not target:
        return None
    images = part_configs(target)[0]
    images = dict(images, pipeline=cfg.get('test_pipeline') or labeling_steps(images['pipeline']))
    return dict(batch_size=1, num_workers=2, sampler=dict(type='DefaultSampler', shuffle=False), dataset=images)


def is_ours(dataset: Mapping) -> bool:
    """Whether the data set is one of this package's."""
    cls = DATASETS.get(dataset['type'])
    return isinstance(cls, type) and issubclass(cls, CheckedSegDataset)


def why_not_scored(dataset: Mapping) -> str | None:
    """Say what keeps MMSeg from reading the labels of a data set of a config; None where nothing does."""
    if 'datasets' in dataset:
        return next(filter(None, map(why_not_scored, part_configs(dataset))), None)
    if not is_ours(dataset):
        return None
    built = DATASETS.build(dict(dataset, lazy_init=True))
    if built.data_prefix.get('seg_map_path') is None:
        return 'it has no labels'
    if getattr(built, 'class_map', None) is not None:
        return 'its labels have ids of their own (class_map), which only this package maps'
    if built.label_map is not None and not has_cityscapes_classes(built):
        return f'its classes are some of those of {type(built).__name__}, which MMSeg does not have'
    if built.leave_out or built.only:
        return 'some of the images of its folder are left out (leave_out, only)'
    if not isinstance(image_suffix(built), str):
        return 'the names of its images end in several ways (img_suffix)'
    return None


def has_cityscapes_classes(dataset: CheckedSegDataset) -> bool:
    """Whether its label files hold Cityscapes' train ids, of which it may use some."""
    return set(type(dataset).METAINFO.get('classes', ())) == CITYSCAPES_CLASSES and CITYSCAPES_CLASSES.issuperset(
        dataset.metainfo['classes']
    )


def image_suffix(dataset: CheckedSegDataset) -> str | tuple[str, ...]:
    """How the names of its images end: as the folder has it, and as the config has it while there is no folder."""
    given = (dataset.img_suffix,) if isinstance(dataset.img_suffix, str) else tuple(dataset.img_suffix)
    try:
        dataset.full_init()
    except UserError:
        found = set(given)
    else:
        paths = [item['img_path'] for item in map(dataset.get_data_info, range(len(dataset)))]
        found = {path[-len(end) :] for path in paths for end in given if path.lower().endswith(end.lower())}
    return found.pop() if len(found) == 1 else tuple(sorted(found))


def plain_dataset(dataset: Mapping, scored: bool) -> dict:
    """A data set of a config by MMSeg's own classes; what is not this package's stays as it is.

    Args:
        dataset: Its config.
        scored: Whether labels are read too.
    """
    if 'datasets' in dataset:
        return dict(type='ConcatDataset', datasets=[plain_dataset(part, scored) for part in part_configs(dataset)])
    if not is_ours(dataset):
        return dict(dataset, pipeline=plain_pipeline(dataset['pipeline'], scored))
    built = DATASETS.build(dict(dataset, lazy_init=True))
    known = set(inspect.signature(BaseSegDataset.__init__).parameters)
    prefix = {**type(built).DATA_PREFIX, **(dataset.get('data_prefix') or {})}
    plain = {key: value for key, value in dataset.items() if key in known}
    plain |= dict(
        type='CityscapesDataset' if has_cityscapes_classes(built) else 'BaseSegDataset',
        metainfo=dict(classes=list(built.metainfo['classes']), palette=[list(c) for c in built.metainfo['palette']]),
        data_prefix=prefix if scored else dict(img_path=prefix['img_path']),
        img_suffix=image_suffix(built),
        pipeline=plain_pipeline(dataset['pipeline'], scored),
    )
    return plain | dict(seg_map_suffix=built.seg_map_suffix) if scored else plain


def plain_pipeline(pipeline: list[dict], scored: bool) -> list[dict]:
    """A pipeline for test images by MMSeg's own steps, also with test-time augmentation.

    Labels are loaded last, so that they keep their size, at which MMSeg scores.
    """
    labels = [dict(type='LoadAnnotations')] if scored else []
    *steps, last = [step for step in pipeline if step['type'] not in LABEL_STEPS]
    if last['type'] == 'PackDomainInputs':
        last = dict(last, type='PackSegInputs')
    if last['type'] == 'TestTimeAug':
        kept = [[step for step in steps if step['type'] not in LABEL_STEPS] for steps in last['transforms']]
        *views, pack = filter(None, kept)
        return [*steps, dict(last, transforms=[*views, *([labels] if scored else []), pack])]
    return [*steps, *labels, last]


def plain_evaluator(evaluator: dict | list) -> dict | list:
    """IoU by MMSeg's own metric, which knows no subsets of classes; another metric as it is."""
    if isinstance(evaluator, list | tuple):
        return [plain_evaluator(entry) for entry in evaluator]
    if not issubclass(METRICS.get(evaluator['type']), SubsetIoUMetric):
        return evaluator
    known = set(inspect.signature(IoUMetric.__init__).parameters)
    rest = {key: value for key, value in evaluator.items() if key in known}
    return dict(rest, type='IoUMetric', iou_metrics=['mIoU'])
