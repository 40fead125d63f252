"""The target images in the form in which they are labelled."""

import copy

from mmengine.dataset import BaseDataset

from mmseg_uda.datasets.concat import build_domain, part_configs
from mmseg_uda.errors import UserError

# MMSeg's and our own steps that draw random numbers carry one of these in their names.
RANDOM_STEPS = ('Random', 'PhotoMetric', 'Mosaic', 'Albu', 'CutOut')


def build_target_images(target: dict, pipeline: list[dict] | None = None) -> BaseDataset:
    """Build the target dataset of a training config for prediction.

    Labels fit the images at the place of ``LoadPseudoLabels``: the steps before it are used, and the last one, which
    packs. What follows in training (random scale, crop, flip) changes image and label together.

    Args:
        target: ``train_dataloader.dataset.target`` of the config, of one folder or of several. Not modified.
        pipeline: Steps to use instead.

    Returns:
        The same images, without pseudo labels, in test mode.

    Raises:
        UserError: These steps are random: labels must fit the images as they are.
    """
    parts = [
        dict(part, pipeline=labeling_steps(part['pipeline'] if pipeline is None else pipeline), test_mode=True)
        for part in part_configs(target)
    ]
    for part in parts:
        for key in ('pseudo_labels', 'part'):
            part.pop(key, None)
    return build_domain(dict(type='ConcatDataset', datasets=parts) if 'datasets' in target else parts[0])


def labeling_steps(pipeline: list[dict]) -> list[dict]:
    """The steps of a target pipeline before ``LoadPseudoLabels``, and the last one; all where there is no such step.

    Raises:
        UserError: One of them is random.
    """
    steps = copy.deepcopy(list(pipeline))
    places = [i for i, step in enumerate(steps) if 'LoadPseudoLabels' in str(step['type'])]
    if places:
        steps = [*steps[: places[0]], steps[-1]]
    for step in steps:
        if any(word in str(step['type']) for word in RANDOM_STEPS):
            raise UserError(
                f'train_dataloader.dataset.target.pipeline has the random step {step["type"]} before '
                'LoadPseudoLabels, so its images cannot be labelled: move it behind, or give the steps to use '
                'instead as `pipeline` (of PseudoLabelHook, --pipeline KEY of tools/generate_pseudo_labels.py, or the '
                'config key test_pipeline for tools/predict.py)'
            )
    return steps
