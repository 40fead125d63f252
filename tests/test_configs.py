"""Every method's config builds: network, adaptations, optimisers, schedules."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import PARAM_SCHEDULERS
from mmseg.registry import MODELS

from mmseg_uda.engine.checks import check_adaptations, check_classes, check_discriminators, check_pseudo_labels

CONFIGS = sorted(path for path in Path('configs').glob('[a-z]*/*.py'))


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_config_builds(path):
    cfg = Config.fromfile(path)
    for check in (check_classes, check_adaptations, check_discriminators, check_pseudo_labels):
        check(cfg)
    with torch.device('meta'):
        model = MODELS.build(cfg.model)
    wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    held = [id(p) for w in wrapper.values() for group in w.optimizer.param_groups for p in group['params']]
    assert sorted(held) == sorted(id(p) for p in model.parameters() if p.requires_grad)
    for role, optimizer in wrapper.items():
        for schedule in cfg.param_scheduler[role]:
            PARAM_SCHEDULERS.build(dict(schedule), default_args=dict(optimizer=optimizer))


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_resolved_config_reloads(path, tmp_path):
    """What a run writes into its work dir is a config of its own."""
    cfg = Config.fromfile(path, import_custom_modules=False)
    cfg.dump(tmp_path / 'resolved.py')
    assert Config.fromfile(tmp_path / 'resolved.py', import_custom_modules=False).to_dict() == cfg.to_dict()
