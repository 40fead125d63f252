"""Every stage of every config makes a training step with its own network, losses and optimisers, on small images.

    python -m pytest -m slow tests/test_end_to_end/test_every_config.py

Minutes in all. Only the images are small and random, the labels too, and weights are not loaded.
"""

import pytest
import torch
from mmengine.model import revert_sync_batchnorm
from mmengine.optim import build_optim_wrapper
from mmengine.structures import PixelData
from mmseg.registry import MODELS

from tests.test_configs import CONFIGS, distinct, planned
from tests.test_engine.nets import domain_batch

pytestmark = pytest.mark.slow

SIZE = (64, 128)


def without_pretrained(cfg: dict) -> dict:
    return {
        key: None if key == 'init_cfg' else without_pretrained(value) if isinstance(value, dict) else value
        for key, value in cfg.items()
    }


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_every_stage_makes_a_step(path):
    for stage in distinct(planned(path)):
        cfg = stage.cfg
        torch.manual_seed(0)
        model = revert_sync_batchnorm(MODELS.build(without_pretrained(cfg.model.to_dict())))
        wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
        generator = torch.Generator().manual_seed(0)
        pair = cfg.train_dataloader.dataset
        domains = [domain for domain in ('source', 'target') if pair.get(domain) is not None]
        batch = {domain: domain_batch(generator, SIZE) for domain in domains}
        for sample in batch.get('target', {}).get('data_samples', []):
            sample.pseudo_confidence = PixelData(data=torch.full((1, *SIZE), 200, dtype=torch.uint8))
        before = [p.detach().clone() for p in model.decode_head.parameters()]
        losses = model.train_step(batch, wrapper)
        if cfg.optim_wrapper.get('accumulative_counts', 1) > 1:
            model.train_step(batch, wrapper)
        assert all(torch.isfinite(value).all() for value in losses.values()), stage.name
        for name, adaptation in cfg.model.adaptations.items():
            logged = f'{name}.loss' if adaptation is None or adaptation.type != 'EMATeacher' else f'{name}.confident'
            assert adaptation is None or any(key.startswith(logged) for key in losses), (stage.name, name)
        after = model.decode_head.parameters()
        assert any(not torch.equal(old, new) for old, new in zip(before, after, strict=True)), stage.name
