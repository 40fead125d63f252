"""Every method's config builds: network, adaptations, optimisers, schedules; its stages and inputs connect."""

import copy
import functools
import re
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import PARAM_SCHEDULERS
from mmseg.registry import MODELS

from mmseg_uda.engine.checks import check_adaptations, check_classes, check_discriminators, check_pseudo_labels
from mmseg_uda.engine.stages import expand_stages

CONFIGS = sorted(path for path in Path('configs').glob('[a-z]*/*.py'))


@functools.cache
def load(path):
    """A config, read once for all tests, which must not change it."""
    return Config.fromfile(path)


@functools.cache
def text(path):
    """The same as a run writes it into its work dir. (Formatting takes longer than anything else here.)"""
    return load(path).pretty_text


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_config_builds(path):
    cfg = copy.deepcopy(load(path))
    cfg.resume = True  # the models that label and the weights to start from are not here
    check_classes(cfg)
    check_discriminators(cfg)
    check_pseudo_labels(cfg, check_adaptations(cfg))
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
    (tmp_path / 'resolved.py').write_text(text(path))
    assert Config.fromfile(tmp_path / 'resolved.py').to_dict() == load(path).to_dict()


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_inputs_are_what_other_configs_write(path):
    """Every checkpoint below work_dirs that a config names is the last one of the config of that name."""
    runs = {config.stem: config for config in CONFIGS}
    for stem, iterations in re.findall(r'work_dirs/(\w+)/iter_(\d+)\.pth', text(path)):
        writer = load(runs[stem])
        assert writer.train_cfg.max_iters == int(iterations), stem
        assert 'stages' not in writer, f'{stem} has stages, whose checkpoints lie in folders of their own'
    for labeler in re.findall(r"config='([^']+\.py)'", text(path)):
        assert Path(labeler).is_file(), labeler


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_stages_connect(path):
    """A method's last stage runs the method's own config, so that children and the test tool mean the same model."""
    cfg = load(path)
    if 'stages' in cfg:
        stages = expand_stages(cfg.stages, str(path))
        assert stages[-1].config == str(path.resolve())
