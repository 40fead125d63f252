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
    """A folder with ``<config>.pth`` of the mini net: what the mini configs start from."""
    init_default_scope('mmseg')
    folder = tmp_path_factory.mktemp('start')
    runs = ('source_only/source_only_mini_gta2cs', 'dast/dast_da_mini_gta2cs', 'sam/sam_module_mini_gta2cs')
    for config in runs:
        torch.manual_seed(0)
        model = MODELS.build(Config.fromfile(ROOT / f'configs/{config}.py').model)
        model.init_weights()
        torch.save(dict(state_dict=model.state_dict(), meta=dict()), folder / f'{Path(config).stem}.pth')
    return folder
