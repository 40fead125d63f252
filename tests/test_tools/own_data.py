"""A user's own data and model: images and labels in folders, three classes, weights as if trained."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS

import mmseg_uda.models  # noqa: F401, registers what the config names
from tests.conftest import ROOT

CLASSES = ['road', 'sidewalk', 'building']
CONFIG = """
_base_ = '{root}/configs/source_only/source_only_mini_gta2cs.py'
load, resize, *_ = _base_.test_pipeline
test_pipeline = [load, resize, dict(type='LoadMappedAnnotations'), dict(type='PackSegInputs')]
tta_pipeline = None
test_dataloader = dict(
    batch_size=1, num_workers=0, persistent_workers=False,
    dataset=dict(
        _delete_=True, type='FolderDataset', data_root='{data}', img_suffix='.png', class_map={class_map},
        unknown='ignore', metainfo=dict(classes={classes}), pipeline=test_pipeline))
test_evaluator = dict(_delete_=True, type='SubsetIoUMetric', subsets=dict(flat=['road', 'sidewalk']))
norm_cfg = dict(type='BN')
aux = dict(type='FCNHead', channels=8, num_classes=3, norm_cfg=norm_cfg)
model = dict(
    backbone=dict(
        _delete_=True, type='MixVisionTransformer', embed_dims=8, num_layers=[1, 1, 1, 1], num_heads=[1, 1, 2, 2],
        drop_path_rate=0.1),
    decode_head=dict(
        _delete_=True, type='SegformerHead', in_channels=[8, 8, 16, 16], in_index=[0, 1, 2, 3], channels=16,
        num_classes=3, norm_cfg=norm_cfg),
    auxiliary_head=[dict(aux, in_channels=8, in_index=0), dict(aux, in_channels=16, in_index=2)])
"""


def copy_as_folders(minicity: Path, data: Path) -> None:
    """MiniCity's test images and labels below ``images`` and ``labels``, with spaces in their names."""
    for image in sorted((minicity / 'cityscapes/leftImg8bit/test').rglob('*.png')):
        name = f'{image.parent.name}/a {image.name.removesuffix("_leftImg8bit.png")}.png'
        label = Path(str(image).replace('leftImg8bit/', 'gtFine/').replace('_leftImg8bit', '_gtFine_labelTrainIds'))
        for kind, source in (('images', image), ('labels', label)):
            (data / kind / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, data / kind / name)


def write_config(path: Path, data: Path, class_map: dict | None) -> Path:
    """A config of a tiny SegFormer, with two auxiliary heads, that tests on the folders."""
    path.write_text(CONFIG.format(root=ROOT, data=data, class_map=class_map, classes=CLASSES))
    return path


def save_checkpoint(config: Path, path: Path, classes: Sequence[str] = CLASSES) -> Path:
    """Random weights of the config's model, with the classes."""
    init_default_scope('mmseg')
    torch.manual_seed(0)
    model = MODELS.build(Config.fromfile(config).model)
    palette = [[i, 2 * i, 255 - i] for i in range(len(classes))]
    meta = dict(dataset_meta=dict(classes=list(classes), palette=palette))
    torch.save(dict(state_dict=model.state_dict(), meta=meta), path)
    return path
