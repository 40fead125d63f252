"""DAFormer with MIC's masks on a small Mix Transformer, at one and at two resolutions (HRDA).

It trains, resumes bit-identical, runs on two ranks, and MMSeg's own tool tests it.
"""

import re
from pathlib import Path

import mmseg
import pytest
import torch
from mmseg.registry import MODELS

import mmseg_uda.models  # noqa: F401  registers the backbone
from tests.conftest import ROOT, run_command

from .test_dast_mini import assert_equal, final, load

ITERATIONS = 20
BACKBONE = dict(type='MiT', embed_dims=8, num_layers=(1, 1, 1, 1), num_heads=(1, 2, 4, 4))
CONFIG = """
_base_ = '{root}/configs/source_only/control_mini_gta2cs.py'
custom_imports = dict(imports=[*_base_.custom_imports.imports, 'tests.test_end_to_end.probe'])
custom_hooks = [dict(type='RecordWeights'), dict(type='StopAt')]
load_from = None
stages = None
randomness = dict(seed=7)
model = dict(
    backbone=dict(_delete_=True, **{backbone},
        init_cfg=dict(type='Pretrained', checkpoint='{weights}', prefix='backbone')),
    decode_head=dict(_delete_=True, type='DAFormerHead', in_channels=(8, 16, 32, 32), channels=16, embed_dims=16,
        num_classes=19, loss_decode=dict(type='CrossEntropyLoss')),
    adaptations=dict(
        teacher=dict(type='EMATeacher', threshold=0.054),
        mix=dict(type='ClassMix'),
        distance=dict(type='FeatureDistance', classes=(0, 2, 10), min_share=0.3),
        masked=dict(type='MaskedImageConsistency', block=8)))
optim_wrapper = dict(_delete_=True, constructor='JointOptimWrapperConstructor', segmentor=dict(
    optimizer=dict(type='AdamW', lr=6e-4, weight_decay=0.01),
    paramwise_cfg=dict(norm_decay_mult=0.0, custom_keys=dict(decode_head=dict(lr_mult=10.0)))))
param_scheduler = dict(_delete_=True, segmentor=[
    dict(type='LinearLR', start_factor=1e-6, begin=0, end=3, by_epoch=False),
    dict(type='PolyLR', power=1.0, eta_min=0, begin=0, end={iterations} + 1, by_epoch=False)])
size = [dict(type='Resize', scale=(128, 64), keep_ratio=True), dict(type='RandomCrop', crop_size=(64, 64)),
    dict(type='RandomFlip', prob=0.5), dict(type='PackDomainInputs')]
train_dataloader = dict(batch_size=2, dataset=dict(
    source=dict(_delete_=True, type='RareClassDataset', min_pixels=60,
        dataset=dict(type='GTADataset', data_root='{data}/gta',
            pipeline=[dict(type='LoadImageFromFile'), dict(type='LoadAnnotations'), *size])),
    target=dict(data_root='{data}/cityscapes',
        pipeline=[dict(type='LoadImageFromFile'), dict(type='MarkMargins', margins=(2, 4, 2, 2)), *size])))
val_dataloader = dict(num_workers=0, persistent_workers=False, dataset=dict(data_root='{data}/cityscapes'))
test_dataloader = dict(num_workers=0, persistent_workers=False, dataset=dict(data_root='{data}/cityscapes',
    data_prefix=dict(img_path='leftImg8bit/val', seg_map_path='gtFine/val')))
train_cfg = dict(max_iters={iterations}, val_interval={iterations})
default_hooks = dict(checkpoint=dict(interval=5), logger=dict(interval=1))
"""
HRDA = """
_base_ = './daformer.py'
model = dict(
    backbone=dict(_delete_=True, type='MultiResolution', backbone=_base_.model.backbone, detail=(32, 32),
        stride=(16, 16)),
    decode_head=dict(_delete_=True, type='HRDAHead', num_classes=19, loss_decode=dict(type='CrossEntropyLoss'),
        head=dict(type='DAFormerHead', in_channels=(8, 16, 32, 32), channels=16, embed_dims=16),
        attention=dict(type='DAFormerHead', in_channels=(8, 16, 32, 32), channels=8, embed_dims=8, fusion='conv1')),
    test_cfg=dict(mode='slide', crop_size=(64, 64), stride=(32, 32)))
"""


@pytest.fixture(scope='module', params=['daformer', pytest.param('hrda', marks=pytest.mark.slow)])
def config(request, minicity, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('daformer')
    torch.manual_seed(0)
    weights = {f'backbone.{key}': value for key, value in MODELS.build(BACKBONE).state_dict().items()}
    torch.save(dict(state_dict=weights), folder / 'mit.pth')
    path = folder / 'daformer.py'
    path.write_text(
        CONFIG.format(root=ROOT, backbone=BACKBONE, weights=folder / 'mit.pth', data=minicity, iterations=ITERATIONS)
    )
    if request.param == 'hrda':
        path = folder / 'hrda.py'
        path.write_text(HRDA)
    return path


def train(config: Path, work_dir: Path, *words: str, **env: str):
    command = ('python', 'tools/train.py', config, '--work-dir', work_dir, *words)
    return run_command(*command, env=dict(PYTHONPATH=str(ROOT), **env), check=not env)


@pytest.fixture(scope='module')
def trained(config, tmp_path_factory) -> Path:
    work_dir = tmp_path_factory.mktemp('uninterrupted')
    (work_dir / 'console.txt').write_text(train(config, work_dir).stdout)
    return work_dir


def test_it_trains(config, trained):
    weights = load(final(trained))['state_dict']
    inner, heads, forwards = ('backbone.', 'head.', 6) if config.stem == 'hrda' else ('', '', 3)
    places = ('backbone', 'adaptations.teacher.teacher.module.0', 'adaptations.distance.reference')
    student, teacher = (weights[f'{place}.{inner}layers.0.0.projection.weight'] for place in places[:2])
    assert weights['adaptations.teacher.teacher.steps'] == ITERATIONS
    assert not torch.equal(teacher, student)
    initial = load(config.with_name('mit.pth'))['state_dict']
    reference = {key: weights[f'{places[-1]}.{inner}{key.removeprefix("backbone.")}'] for key in initial}
    assert_equal(reference, initial, 'reference')
    log = (trained / 'console.txt').read_text()
    for name in ('teacher.confident', 'mix.loss_seg', 'distance.loss_distance', 'masked.loss_seg', 'mIoU'):
        assert float(re.findall(rf'{name}: +([0-9.]+)', log)[-1]) > 0, name
    # source, mixed and masked images: the network never runs on plain target images
    counter = f'decode_head.{heads}fuse_layer.bottleneck.bn.num_batches_tracked'
    assert weights[counter] == forwards * ITERATIONS


@pytest.mark.slow
def test_mmsegs_own_tool_gives_the_same_result(config, trained, tmp_path):
    log = (trained / 'console.txt').read_text()
    script = Path(mmseg.__file__).parent / '.mim/tools/test.py'
    env = dict(PYTHONPATH=str(ROOT))
    done = run_command('python', script, config, final(trained), '--work-dir', tmp_path, env=env)
    expected = re.findall(r'mIoU: +([0-9.]+)', log)[-1]
    assert re.findall(r'mIoU: +([0-9.]+)', done.stdout)[-1] == expected


@pytest.mark.slow
def test_a_killed_run_ends_bit_identical(config, trained, tmp_path):
    killed = train(config, tmp_path, STOP_AT=f'{tmp_path.name}:12')
    assert killed.returncode == 9, killed.stdout[-3000:]
    assert 'Resumed from' in train(config, tmp_path, '--resume').stdout
    for key in ('state_dict', 'optimizer', 'param_schedulers'):
        assert_equal(load(final(trained))[key], load(final(tmp_path))[key], key)


@pytest.mark.slow
@pytest.mark.dist
def test_two_ranks_end_with_the_same_weights(config, tmp_path):
    run_command('bash', 'tools/dist_train.sh', config, '2', '--work-dir', tmp_path, env=dict(PYTHONPATH=str(ROOT)))
    ranks = [load(tmp_path / f'rank{rank}.pth') for rank in range(2)]
    learned = {key: value for key, value in ranks[0].items() if 'running' not in key}
    assert_equal(learned, {key: ranks[1][key] for key in learned})
