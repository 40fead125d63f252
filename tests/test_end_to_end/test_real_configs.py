"""The papers' configs at real sizes on rendered data: minutes each, DAST 13 GB, the others 2 to 9 GB.

    python -m pytest -m slow tests/test_end_to_end/test_real_configs.py
    python -m pytest -m slow tests/test_end_to_end/test_real_configs.py -k papers
    python -m pytest -m slow tests/test_end_to_end/test_real_configs.py -k "mit_b5 or resnet101"

Changed are only data roots, the batch size (1), the pretrained weights' path and the number of iterations and rounds.
The weights are random ones in the released layout and go through the converter. The folder of translated images holds
the rendered ones as they are. All but DAST recompute activations, which saves half of the memory.
Validation and test of the self-ensembling ones take one image. On two busy cores, with the training process's largest
resident memory seen:

    network, method     a step  memory   whole test
    MiT-B5 DAFormer       56 s  4.7 GB        170 s
    MiT-B5 HRDA          243 s  5.9 GB        873 s, beside two other jobs
    MiT-B5 MIC            79 s  6.7 GB        333 s, mostly alone
    ResNet-101 DACS       50 s  2.2 GB         77 s
    ResNet-101 DAFormer   51 s  3.0 GB         75 s
    ResNet-101 HRDA      143 s  4.2 GB        708 s, beside two other jobs

Rendering, a minute or two, comes on top.
"""

import os
import re
from pathlib import Path

import mmseg
import pytest
import torch
from mmseg.registry import MODELS

from tests.conftest import run_command
from tests.test_released_weights import official_mit_shapes, random_weights

pytestmark = pytest.mark.slow

SOURCES = dict(gta2cs=('gta', '1052x1914'), syn2cs=('synthia', '760x1280'))


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


def roots(data: Path, layout: str, source: str = 'source') -> list[str]:
    """Options that point a config to the rendered data; ``source``: where it has the source's data set."""
    target = f'{data}/target/cityscapes'
    return [
        f'train_dataloader.dataset.{source}.data_root={data}/{layout}/{layout}',
        f'train_dataloader.dataset.target.data_root={target}',
        f'val_dataloader.dataset.data_root={target}',
        f'test_dataloader.dataset.data_root={target}',
    ]


SHORT = ('train_cfg.max_iters=2', 'default_hooks.logger.interval=1')


def run(*words: str | Path) -> str:
    """What a tool prints, with as many threads as the tests themselves."""
    return run_command('python', *words, env=dict(OMP_NUM_THREADS=os.environ.get('OMP_NUM_THREADS', '2'))).stdout


def train(config: str, options: list[str], work_dir: Path) -> tuple[str, Path]:
    """What training prints, and its last checkpoint."""
    printed = run('tools/train.py', config, '--work-dir', work_dir, '--cfg-options', *SHORT, *options)
    return printed, Path((work_dir / 'last_checkpoint').read_text())


def train_and_test(config: str, options: list[str], work_dir: Path, test_options: list[str]) -> tuple[str, str]:
    """What both tools print."""
    trained, final = train(config, options, work_dir)
    tested = run('tools/test.py', config, final, '--work-dir', work_dir, '--cfg-options', *test_options)
    return trained, tested


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


@pytest.fixture(scope='module')
def imagenet(tmp_path_factory) -> dict[str, Path]:
    """Weights of MiT-B5, converted from SegFormer's names, and those of MMSeg's ResNetV1c, which need no conversion."""
    folder = tmp_path_factory.mktemp('imagenet')
    torch.manual_seed(0)
    released = random_weights(official_mit_shapes((64, 128, 320, 512), (3, 6, 40, 3)))
    for name, value in released.items():
        if value.dim() > 1:
            value.mul_(0.02)
        else:
            value.fill_(float('norm' in name and name.endswith('weight')))
    torch.save(released, folder / 'mit_b5_released.pth')
    files = dict(mitb5=folder / 'mit_b5.pth', r101=folder / 'resnet101_v1c.pth')
    convert = ('tools/model_converters/convert_weights.py', folder / 'mit_b5_released.pth', files['mitb5'])
    run(*convert, '--from', 'mit', '--config', 'configs/daformer/daformer_mitb5_gta2cs.py')
    resnet = MODELS.build(dict(type='ResNetV1c', depth=101))
    resnet.init_weights()
    torch.save(resnet.state_dict(), files['r101'])
    return files


def self_ensembling(data: Path, file: Path, inner: str, source: str = 'source.dataset') -> list[str]:
    """Options of a training run; ``inner``: where the backbone with pretrained weights lies in ``model.backbone``."""
    return [
        *roots(data, 'gta', source),
        f'model.backbone.{inner}init_cfg.checkpoint={file}',
        'train_dataloader.batch_size=1',
        'model.activation_checkpointing=True',
        'val_dataloader.dataset.indices=1',
    ]


def check_steps(printed: str, count: int, terms: tuple[str, ...]) -> None:
    steps = [line for line in printed.splitlines() if 'Iter(train)' in line]
    assert len(steps) == count
    for step in steps:
        assert 'nan' not in step
        for term in terms:
            assert f'{term}.loss' in step, step


def scores(printed: str) -> dict[str, float]:
    """IoU by class, of classes that are there: others have no accuracy, and MMSeg's metric counts them as 0."""
    rows = re.findall(r'^\|\s+([a-z ]+?)\s+\|\s+([\d.]+)\s+\|\s+[\d.]+\s+\|$', printed, re.MULTILINE)
    return {name: float(iou) for name, iou in rows}


MIT_B5 = dict(
    daformer=('', ('mix', 'feature_distance')),
    hrda=('backbone.', ('mix', 'feature_distance')),
    mic=('backbone.', ('mix', 'feature_distance', 'masked')),
)
"""Where the backbone of each method lies, and its losses."""
MMSEG_TEST = Path(mmseg.__file__).parent / '.mim/tools/test.py'


@pytest.mark.parametrize('method', MIT_B5)
def test_mit_b5_trains_validates_exports_and_mmseg_tests(data, imagenet, tmp_path, method):
    """At HRDA's and MIC's test windows too; MMSeg's own tool scores what was exported as validation did."""
    inner, terms = MIT_B5[method]
    config = f'configs/{method}/{method}_mitb5_gta2cs.py'
    options = [*self_ensembling(data, imagenet['mitb5'], inner), 'train_cfg.val_interval=2']
    trained, final = train(config, options, tmp_path)
    check_steps(trained, 2, terms)
    run('tools/model_converters/export_to_mmseg.py', config, final, tmp_path, '--cfg-options', *options)
    plain = tmp_path / f'{method}_mitb5_gta2cs.py'
    one = ('--cfg-options', 'test_dataloader.dataset.indices=1')
    tested = run(MMSEG_TEST, plain, plain.with_suffix('.pth'), '--work-dir', tmp_path / 'plain', *one)
    seen = scores(trained)
    del seen['mean']
    assert seen and scores(tested) == seen


RESNET = dict(
    dacs=('', ('mix',)),
    daformer=('', ('mix', 'feature_distance')),
    hrda=('backbone.', ('mix', 'feature_distance')),
)


@pytest.mark.parametrize('method', RESNET)
def test_self_ensembling_trains_resnet101(data, weights, imagenet, tmp_path, method):
    inner, terms = RESNET[method]
    file, source = (weights['r101'], 'source') if method == 'dacs' else (imagenet['r101'], 'source.dataset')
    options = [*self_ensembling(data, file, inner, source), 'train_cfg.max_iters=1']
    trained, final = train(f'configs/{method}/{method}_r101_gta2cs.py', options, tmp_path)
    check_steps(trained, 1, terms)
    assert final.is_file()
