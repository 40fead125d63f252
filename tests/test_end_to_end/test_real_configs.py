"""The papers' configs at real sizes on rendered data: minutes each, DAST 13 GB, the others 6 to 9 GB.

    python -m pytest -m slow tests/test_end_to_end/test_real_configs.py
    python -m pytest -m slow tests/test_end_to_end/test_real_configs.py -k papers

Changed are only data roots, the batch size (1), the pretrained weights' path and the number of iterations and rounds.
The weights are random ones in the released layout and go through the converter. The folder of translated images holds
the rendered ones as they are. All but DAST recompute activations, which saves half of the memory.
"""

import os
from pathlib import Path

import pytest
import torch
from mmseg.registry import MODELS

from tests.conftest import run_command

pytestmark = pytest.mark.slow

SOURCES = dict(gta2cs=('gta', '720x1280'), syn2cs=('synthia', '760x1280'))


@pytest.fixture(scope='module')
def data(tmp_path_factory) -> Path:
    """Two images of each set at its real size, converted."""
    root = tmp_path_factory.mktemp('real_size')
    tools = 'tools/dataset_converters'
    counts = ('--num-source', '2', '--num-train', '2', '--num-val', '2', '--num-test', '2')
    for layout, size in SOURCES.values():
        run_command(
            'python', f'{tools}/minicity.py', '--out', root / layout, '--size', size, '--layout', layout, *counts
        )
        run_command('python', f'{tools}/{layout}.py', root / layout / layout)
    (root / 'gta' / 'gta' / 'images_translated').symlink_to('images')
    run_command('python', f'{tools}/minicity.py', '--out', root / 'target', '--size', '1024x2048', *counts)
    run_command('python', f'{tools}/cityscapes.py', root / 'target' / 'cityscapes')
    return root


def released_resnet() -> dict[str, torch.Tensor]:
    """Random weights named like an ImageNet ResNet-101's, scaled like trained ones by its initialisation."""
    net = MODELS.build(dict(type='ResNet', depth=101, style='caffe', norm_cfg=dict(type='BN')))
    net.init_weights()
    return {**net.state_dict(), 'fc.weight': torch.zeros(1).expand(1000, 2048), 'fc.bias': torch.zeros(1000)}


def released_vgg() -> dict[str, torch.Tensor]:
    """Random weights named like torchvision's VGG16."""
    state, channels, position = {}, 3, 0
    for width, convs in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(convs):
            state[f'features.{position}.weight'] = torch.randn(width, channels, 3, 3) * (2 / (9 * channels)) ** 0.5
            state[f'features.{position}.bias'] = torch.zeros(width)
            channels, position = width, position + 2
        position += 1
    for i, (rows, columns) in {0: (4096, 25088), 3: (4096, 4096), 6: (1000, 4096)}.items():
        state[f'classifier.{i}.weight'] = torch.zeros(1).expand(rows, columns)
        state[f'classifier.{i}.bias'] = torch.zeros(rows)
    return state


@pytest.fixture(scope='module')
def weights(tmp_path_factory) -> dict[str, Path]:
    """Pretrained-weights files as docs/weights.md makes them."""
    folder = tmp_path_factory.mktemp('weights')
    torch.manual_seed(0)
    files = {}
    for net, origin, state in (('r101', 'resnet', released_resnet()), ('vgg16', 'vgg16', released_vgg())):
        torch.save(state, folder / f'{net}_released.pth')
        files[net] = folder / f'{net}.pth'
        convert = ('python', 'tools/model_converters/convert_weights.py', folder / f'{net}_released.pth', files[net])
        run_command(*convert, '--from', origin, '--config', f'configs/dast/dast_{net}_gta2cs.py')
    return files


def roots(data: Path, layout: str) -> list[str]:
    """Options that point a config to the rendered data."""
    target = f'{data}/target/cityscapes'
    return [
        f'train_dataloader.dataset.source.data_root={data}/{layout}/{layout}',
        f'train_dataloader.dataset.target.data_root={target}',
        f'val_dataloader.dataset.data_root={target}',
        f'test_dataloader.dataset.data_root={target}',
    ]


SHORT = ('train_cfg.max_iters=2', 'default_hooks.logger.interval=1')


def train_and_test(config: str, options: list[str], work_dir: Path, test_options: list[str]) -> tuple[str, str]:
    """What both tools print."""
    env = dict(OMP_NUM_THREADS=os.environ.get('OMP_NUM_THREADS', '2'))
    train = ('python', 'tools/train.py', config, '--work-dir', work_dir, '--cfg-options', *SHORT, *options)
    trained = run_command(*train, env=env).stdout
    final = Path((work_dir / 'last_checkpoint').read_text())
    test = ('python', 'tools/test.py', config, final, '--work-dir', work_dir, '--cfg-options', *test_options)
    return trained, run_command(*test, env=env).stdout


@pytest.mark.parametrize('task', SOURCES)
@pytest.mark.parametrize('net', ['r101', 'vgg16'])
def test_dast_trains_validates_saves_and_tests(data, weights, tmp_path, net, task):
    options = [
        f'model.backbone.init_cfg.checkpoint={weights[net]}',
        'train_cfg.val_interval=2',
        'stages.round.repeat=1',
        'train_dataloader.dataset.source.leave_out=0',  # of 500 there are not so many
    ]
    if net == 'r101':
        options.append(f'model.neck.init_cfg.checkpoint={weights[net]}')
    where = roots(data, SOURCES[task][0])
    trained, tested = train_and_test(f'configs/dast/dast_{net}_{task}.py', [*where, *options], tmp_path, where)
    assert trained.count('Iter(train)') == 4 and 'loss: nan' not in trained
    assert 'mIoU' in tested
    if task == 'syn2cs':
        assert 'mIoU16' in tested and 'mIoU13' in tested


PAPERS = dict(plca=1, maxcos=2, sam=3, pixintrada=3)
"""Training runs of each paper's method on ResNet-101 and GTA5; of SAM's generations one."""


@pytest.mark.parametrize('paper', PAPERS)
def test_papers_train_all_stages_and_test(data, weights, tmp_path, paper):
    where = roots(data, 'gta')
    options = [
        *where,
        f'model.backbone.init_cfg.checkpoint={weights["r101"]}',
        'train_dataloader.batch_size=1',
        'model.activation_checkpointing=True',
    ]
    if paper == 'sam':
        options.append('stages.generation.repeat=1')
    trained, tested = train_and_test(f'configs/{paper}/{paper}_r101_gta2cs.py', options, tmp_path, where[-1:])
    steps = [line for line in trained.splitlines() if 'Iter(train)' in line]
    assert len(steps) == 2 * PAPERS[paper] and not any('nan' in step for step in steps)
    assert 'mIoU' in tested
