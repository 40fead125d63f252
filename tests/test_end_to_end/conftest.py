"""Weights in place of trained ones."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS

from tests.conftest import ROOT


@pytest.fixture(scope='session')
def start(tmp_path_factory) -> Path:
    """``source_only.pth``, ``dast.pth`` and ``module.pth`` (SAM's): weights of the mini net to start from."""
    init_default_scope('mmseg')
    folder = tmp_path_factory.mktemp('start')
    dast = Config.fromfile(ROOT / 'configs/dast/dast_mini_gta2cs.py').model
    sam = Config.fromfile(ROOT / 'configs/sam/sam_mini_gta2cs.py').sam_module
    adaptations = dict(source_only={}, dast=dast.adaptations, module=dict(sam_module=sam.adaptations.sam_module))
    for name, brought in adaptations.items():
        torch.manual_seed(0)
        model = MODELS.build({**dast, 'adaptations': brought})
        model.init_weights()
        torch.save(dict(state_dict=model.state_dict(), meta=dict()), folder / f'{name}.pth')
    return folder
