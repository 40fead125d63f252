"""What a checkpoint makes of a few test images."""

from collections.abc import Sequence
from dataclasses import dataclass

import mmcv
import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmseg.apis import init_model
from mmseg.registry import DATASETS

from mmseg_uda.utils.console import prints_shown


@dataclass(frozen=True)
class Prediction:
    """One test image and what a model says about it.

    Attributes:
        img_path: The image's file.
        image: (H, W, 3) uint8 RGB.
        truth: (H, W) train ids, 255 = ignored.
        label: (H, W) predicted train ids.
        attention: (h, w) in [0, 1], the target attention of a model that has one, else None.
    """

    img_path: str
    image: np.ndarray
    truth: np.ndarray
    label: np.ndarray
    attention: np.ndarray | None


def predict_images(cfg: Config, checkpoint: str, indices: Sequence[int] | int) -> list[Prediction]:
    """Predict images of ``cfg.test_dataloader.dataset`` as at test.

    Args:
        cfg: Config of a UDA segmentor.
        checkpoint: Its weights.
        indices: Which images; a number means that many, evenly spread over the set, or all if it has no more.
    """
    with prints_shown():
        model = init_model(cfg, checkpoint, device='cuda' if torch.cuda.is_available() else 'cpu')
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    if isinstance(indices, int):
        count = min(indices, len(dataset))
        indices = np.linspace(0, len(dataset) - 1, count).round().astype(int).tolist()
    return [_predict(model, dataset[index]) for index in indices]


@torch.no_grad()
def _predict(model: torch.nn.Module, sample: dict) -> Prediction:
    batch = pseudo_collate([sample])
    (result,) = model.test_step(batch)
    data = model.data_preprocessor(batch, False)
    output = model.run_domain(data['inputs'], data['data_samples'], 'target', training=False)
    attention = next((stored['attention'] for stored in output.store.values() if 'attention' in stored), None)
    truth = sample['data_samples'].gt_sem_seg.data.squeeze(0).numpy()
    image = mmcv.imread(result.img_path, channel_order='rgb')
    return Prediction(
        img_path=result.img_path,
        image=mmcv.imresize(image, truth.shape[::-1], interpolation='area'),
        truth=truth,
        label=result.pred_sem_seg.data.squeeze(0).cpu().numpy(),
        attention=None if attention is None else attention.float().squeeze().cpu().numpy(),
    )
