"""The real DAST configs at real sizes on rendered data: minutes and about 11 GB each.

    python -m pytest -m slow tests/test_end_to_end/test_real_configs.py

Changed are only data roots, the pretrained weights' path and the number of iterations and rounds. The weights are
random ones in the released layout and go through the converter.
"""

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
        run_command(*convert, '--from', origin, '--config', f'configs/dast/dast_da_{net}_gta2cs.py')
    return files


@pytest.mark.parametrize('task', SOURCES)
@pytest.mark.parametrize('net, rounds', [('r101', 1), ('vgg16', 1)])
def test_dast_trains_validates_saves_and_tests(data, weights, tmp_path, net, rounds, task):
    layout = SOURCES[task][0]
    config = f'configs/dast/dast_{net}_{task}.py'
    roots = [
        f'train_dataloader.dataset.source.data_root={data}/{layout}/{layout}',
        *(
            f'{key}.data_root={data}/target/cityscapes'
            for key in ('train_dataloader.dataset.target', 'val_dataloader.dataset')
        ),
        f'test_dataloader.dataset.data_root={data}/target/cityscapes',
    ]
    checkpoint = [f'model.backbone.init_cfg.checkpoint={weights[net]}']
    if net == 'r101':
        checkpoint.append(f'model.neck.init_cfg.checkpoint={weights[net]}')
    short = ['train_cfg.max_iters=2', 'train_cfg.val_interval=2', 'default_hooks.logger.interval=1']
    options = [*roots, *checkpoint, *short, f'stages.1.repeat={rounds}']
    text = run_command(
        'python',
        'tools/train.py',
        config,
        '--work-dir',
        tmp_path,
        '--cfg-options',
        *options,
        env=dict(OMP_NUM_THREADS='2'),
    ).stdout
    assert text.count('Iter(train)') == 2 * (1 + rounds) and 'loss: nan' not in text
    final = Path((tmp_path / 'last_checkpoint').read_text())
    tested = run_command(
        'python',
        'tools/test.py',
        config,
        final,
        '--work-dir',
        tmp_path,
        '--cfg-options',
        *roots,
        env=dict(OMP_NUM_THREADS='2'),
    ).stdout
    assert 'mIoU' in tested
    if task == 'syn2cs':
        assert 'mIoU16' in tested and 'mIoU13' in tested
