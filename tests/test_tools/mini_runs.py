"""Two mini runs of a few iterations on the rendered fixture, as a user's own configs."""

from pathlib import Path

from mmengine.config import Config

from mmseg_uda.engine.launch import train_alone
from mmseg_uda.engine.stages import run_stages
from tests.conftest import ROOT

ITERATIONS = 2
CHANGES = """
load_from = None
stages = {stages}
train_cfg = dict(max_iters={iterations}, val_interval={iterations})
default_hooks = dict(checkpoint=dict(interval={iterations}), logger=dict(interval=1))
val_dataloader = dict(num_workers=0, persistent_workers=False, dataset=dict(data_root='{data}/cityscapes'))
test_dataloader = dict(num_workers=0, persistent_workers=False, dataset=dict(data_root='{data}/cityscapes'))
train_dataloader = dict(batch_size=2, num_workers=0, persistent_workers=False,
    dataset=dict(source=dict(data_root='{data}/gta'), {target}))
"""
BATCH_NORM = """
norm = dict(_delete_=True, type='BN')
model = dict(backbone=dict(norm_cfg=norm), decode_head=dict(norm_cfg=norm))
"""


def write_config(
    path: Path, base: str, data: Path, has_target: bool, batch_norm: bool = False, stages: str = 'None'
) -> Path:
    """A child of one of the mini configs on the rendered fixture, by default as a run of its own without stages."""
    target = f"target=dict(data_root='{data}/cityscapes')" if has_target else ''
    changes = CHANGES.format(iterations=ITERATIONS, data=data, target=target, stages=stages)
    path.write_text(f"_base_ = '{ROOT}/configs/{base}'\n{changes}{BATCH_NORM if batch_norm else ''}")
    return path


def train_here(config: Path, work_dir: Path) -> None:
    """Train in this process, stages too."""
    cfg = Config.fromfile(config)
    cfg.merge_from_dict(dict(work_dir=str(work_dir), launcher='none'))
    # MMEngine keeps loggers and visualizers by name: another run of this process would get the first one's.
    cfg.experiment_name = cfg.visualizer.name = str(work_dir)
    if cfg.get('stages'):
        run_stages(cfg, {}, lambda stage_cfg: None)
    else:
        train_alone(cfg, False, {})
