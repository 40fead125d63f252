"""docs/migrating_from_daformer.md: its tables have the configs' values, its commands give a checkpoint's number."""

import inspect
import re
import shlex
from pathlib import Path
from typing import Any

import mmseg.registry
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import PARAM_SCHEDULERS, Registry
from PIL import Image

from mmseg_uda.datasets.class_subsets import CITYSCAPES_19
from mmseg_uda.engine.launch import parse_options
from mmseg_uda.models.ops import StrongAugmentation
from mmseg_uda.released_weights import network_shapes
from tests.conftest import ROOT, run_command
from tests.test_released_weights import official_mit, random_weights

PAGE = (ROOT / 'docs/migrating_from_daformer.md').read_text()
CONFIGS = ('daformer/daformer_mitb5_gta2cs', 'hrda/hrda_mitb5_gta2cs', 'mic/mic_mitb5_gta2cs')


def settings() -> list[str]:
    """Every ``key=value`` in the second column of the tables, with what the table's heading puts before the key."""
    found, prefix = [], ''
    tables = PAGE.split('\n## A config, key by key\n')[1].split('\n## ')[0]
    for line in tables.splitlines():
        if not line.startswith('| ') or line.count('|') != 4:
            continue
        words = re.findall(r'`([^`]*)`', line.split('|')[2])
        if any(word.endswith('.') for word in words) or line.startswith('| theirs'):
            prefix = words[0] if words else ''
        else:
            found += [prefix + word for word in words if '=' in word]
    return found


def value_of(node: Any, key: str) -> Any:
    """The value of a key in a config; where the config leaves it out, that of the class's argument."""
    word, _, rest = key.partition('.')
    if isinstance(node, list):
        node = node[int(word)]
    elif word in node:
        node = node[word]
    else:
        node = default_of(node, word)
    return value_of(node, rest) if rest else node


def default_of(node: dict, word: str) -> Any:
    registries = [value for value in vars(mmseg.registry).values() if isinstance(value, Registry)]
    if 'type' not in node:
        kinds = [StrongAugmentation]  # the only part of these configs that is not built by a registry
    else:
        kinds = [kind for registry in registries if (kind := registry.get(node['type'])) is not None]
    for base in kinds[0].__mro__:
        if word in (parameters := inspect.signature(base.__init__).parameters):
            return parameters[word].default
    raise KeyError(word)


def has(config: Config, key: str, value: Any) -> bool:
    try:
        found = value_of(config, key)
    except KeyError:
        return False
    return (list(found) if isinstance(found, tuple) else found) == (list(value) if isinstance(value, tuple) else value)


@pytest.mark.parametrize('setting', settings())
def test_a_config_has_the_value_of_the_table(setting):
    ((key, value),) = parse_options([setting]).items()
    assert any(has(Config.fromfile(ROOT / f'configs/{name}.py'), key, value) for name in CONFIGS)


def test_tables_are_read():
    assert {
        'model.adaptations.teacher.alpha=0.999',
        'model.backbone.detail=(512,512)',
        'train_dataloader.dataset.source.temperature=0.01',
        'train_cfg.max_iters=40000',
    } <= set(settings())


def test_rate_of_the_issue():
    """The rate that a log of DAFormer shows for its 50th iteration."""
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=6e-5)
    cfgs = Config.fromfile(ROOT / f'configs/{CONFIGS[0]}.py').param_scheduler.segmentor
    schedulers = [PARAM_SCHEDULERS.build(dict(cfg), default_args=dict(optimizer=optimizer)) for cfg in cfgs]
    for _ in range(49):
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
    (shown,) = re.findall(r'says\s+([0-9.e-]+) \(\[issue', PAGE)
    assert f'{optimizer.param_groups[0]["lr"]:.3e}' == shown


SMALL_MIT = dict(size=None, embed_dims=4, num_layers=(1, 2, 1, 1), num_heads=(1, 2, 2, 2))
SMALL_HEAD = dict(in_channels=(4, 8, 8, 8), channels=4, embed_dims=4)
SMALL = dict(
    daformer=dict(backbone=SMALL_MIT, decode_head=SMALL_HEAD),
    hrda=dict(backbone=dict(backbone=SMALL_MIT), decode_head=dict(head=SMALL_HEAD, attention=SMALL_HEAD)),
)
STUDENT, TEACHER = CITYSCAPES_19.index('road'), CITYSCAPES_19.index('building')


def small_config(folder: Path, name: str) -> Path:
    """In place of a config one that inherits from it, with few channels; images lie where the config has them."""
    path = folder / 'configs' / f'{name}.py'
    path.parent.mkdir(parents=True, exist_ok=True)
    network = SMALL['daformer' if name.startswith('daformer') else 'hrda']
    path.write_text(
        f"_base_ = '{ROOT}/configs/{name}.py'\nmodel = {network}\n"
        'test_dataloader = dict(num_workers=0, persistent_workers=False)\n'
    )
    return path


def released(config: Path) -> dict:
    """A checkpoint as MMSegmentation 0.16 saved DAFormer's: three networks, of which each sees one class everywhere."""
    heads = {k: v for k, v in network_shapes(Config.fromfile(config).model).items() if k.startswith('decode_head.')}
    weights = {}
    for model, seen in dict(model=STUDENT, ema_model=TEACHER, imnet_model=0).items():
        network = {f'backbone.{k}': v for k, v in official_mit().items()} | random_weights(heads)
        for key in network:
            if key.endswith(('running_var', 'num_batches_tracked')):
                network[key] = torch.ones_like(network[key])
            if re.fullmatch(r'decode_head\.(head\.)?conv_seg\.(weight|bias)', key):
                network[key] = torch.zeros_like(network[key])
                if key.endswith('bias'):
                    network[key][seen] = 1
        weights |= {f'{model}.{key}': value for key, value in network.items()}
    meta = dict(
        env_info='Python: 3.8.5', mmseg_version='0.16.0', CLASSES=CITYSCAPES_19, PALETTE=[[0, 0, 0]], iter=40000
    )
    return dict(meta=meta, state_dict=weights, optimizer=dict(state={}, param_groups=[dict(lr=6e-5, params=[0])]))


def mean_iou(labels: Path, seen: int) -> float:
    """Of a prediction that is one class everywhere: the others' IoU is 0."""
    pixels = np.concatenate([np.asarray(Image.open(file)).ravel() for file in labels.rglob('*_labelTrainIds.png')])
    counts = np.bincount(pixels[pixels != 255], minlength=19)
    return 100 * counts[seen] / counts.sum() / np.count_nonzero(counts)


@pytest.fixture
def folder(tmp_path, minicity) -> Path:
    (tmp_path / 'tools').symlink_to(ROOT / 'tools')
    (tmp_path / 'data').symlink_to(minicity)
    return tmp_path


@pytest.mark.parametrize(
    ('name', 'source_format', 'seen'),
    [
        (CONFIGS[0], 'daformer', STUDENT),
        (CONFIGS[0], 'daformer_teacher', TEACHER),
        pytest.param(CONFIGS[1], 'daformer', STUDENT, marks=pytest.mark.slow),
        pytest.param(CONFIGS[2], 'daformer', STUDENT, marks=pytest.mark.slow),
    ],
)
def test_a_released_checkpoint_gives_its_number(folder, name, source_format, seen):
    """The commands of the page, in its words; for HRDA and MIC with their own config, as the page says."""
    (block,) = re.findall(r'```bash\n(.*?)```', PAGE, re.DOTALL)
    block = block.replace('\\\n', ' ').replace(CONFIGS[0], name).replace('--from daformer ', f'--from {source_format} ')
    convert, test = (shlex.split(line) for line in block.splitlines())
    checkpoint = folder / convert[2]
    checkpoint.parent.mkdir()
    torch.save(released(small_config(folder, name)), checkpoint)
    run_command(*convert, cwd=folder, env=dict(PYTHONPATH=str(ROOT)))
    printed = run_command(*test, cwd=folder, env=dict(PYTHONPATH=str(ROOT))).stdout
    expected = mean_iou(folder / 'data/cityscapes/gtFine/val', seen)
    assert expected > 0.1
    assert float(re.findall(r'mIoU: +([0-9.]+)', printed)[-1]) == pytest.approx(expected, abs=0.006)
