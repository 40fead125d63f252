"""What a training step is given, as one picture a pair."""

from collections.abc import Mapping
from pathlib import Path

import mmcv
import numpy as np
import torch
from mmseg.structures import SegDataSample
from torch import Tensor

from .captions import draw_legend, draw_title, stack
from .painting import blend, colour_labels
from .pictures import heat_map

IGNORED = 255
MARGIN = 8
"""Between the domains, in pixels."""


def image_of(inputs: Tensor, preprocessor: Mapping) -> np.ndarray:
    """Undo the normalisation of a network's input.

    Args:
        inputs: (3, H, W) float, as the model's data preprocessor gives it.
        preprocessor: Its config: ``mean`` and ``std``, which may be absent, and ``bgr_to_rgb``.

    Returns:
        (H, W, 3) uint8 RGB; values beyond 0 to 255 (FDA) are clipped.
    """
    image = inputs.detach().cpu().float().permute(1, 2, 0)
    if preprocessor.get('mean') is not None:
        image = image * torch.tensor(preprocessor['std']) + torch.tensor(preprocessor['mean'])
    image = image.round().clamp(0, 255).to(torch.uint8).numpy()
    return image if preprocessor.get('bgr_to_rgb') else image[..., ::-1]


def domain_pictures(
    image: np.ndarray, sample: SegDataSample, palette: list, kind: str = 'labels'
) -> dict[str, np.ndarray]:
    """All there is to see of one image, by title.

    Args:
        image: (H, W, 3) uint8 RGB, what the network gets.
        sample: With ``gt_sem_seg`` where there are labels and ``pseudo_confidence`` where those have confidences.
        palette: RGB of each class.
        kind: What the labels are called.

    Returns:
        ``{title: (h, W, 3) uint8 RGB}``: the file as it lies on disk, the image, and what belongs to it.
    """
    height, width = image.shape[:2]
    file = mmcv.imread(sample.img_path, channel_order='rgb')
    pictures = {
        Path(sample.img_path).name: mmcv.imresize(file, (width, round(width * file.shape[0] / file.shape[1]))),
        f'input, {width}x{height}': image,
    }
    if 'gt_sem_seg' in sample:
        label = sample.gt_sem_seg.data[0].numpy()
        title = f'{kind} on {np.mean(label != IGNORED):.1%}'
        pictures[title] = blend(image, colour_labels(label, palette), opacity=0.5)
    if 'pseudo_confidence' in sample:
        confidence = sample.pseudo_confidence.data[0].numpy()
        pictures['confidence, dark 0 to bright 1'] = heat_map(confidence, (height, width), largest=255)
    return pictures


def pair_picture(batch: Mapping, preprocessor: Mapping, metainfo: Mapping) -> np.ndarray:
    """Draw the domains side by side, with the legend of the classes below.

    Args:
        batch: ``dict(inputs=dict(source=1,3,H,W, target=1,3,h,w), data_samples=...)`` from the model's data
            preprocessor; a domain may be absent.
        preprocessor: The preprocessor's config.
        metainfo: ``classes`` and ``palette``.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    columns = []
    for domain, inputs in batch['inputs'].items():
        (sample,) = batch['data_samples'][domain]
        kind = 'labels' if domain == 'source' else 'pseudo labels'
        pictures = domain_pictures(image_of(inputs[0], preprocessor), sample, metainfo['palette'], kind)
        rows = [
            part
            for title, picture in pictures.items()
            for part in (draw_title(f'{domain}: {title}', picture.shape[1]), picture)
        ]
        columns += [stack(rows), np.full((1, MARGIN, 3), 255, np.uint8)]
    pair = stack(columns[:-1], axis=1)
    return stack([pair, draw_legend(metainfo['classes'], metainfo['palette'], pair.shape[1])])
