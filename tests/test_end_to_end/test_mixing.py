"""Any two of the five papers mix by two bases and the one line that names what is added."""

from itertools import combinations
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.structures import PixelData
from mmseg.registry import MODELS

from mmseg_uda.engine.launch import build_runner
from mmseg_uda.engine.runner import UDARunner
from mmseg_uda.models.segmentors.uda_segmentor import UDASegmentor
from tests.conftest import ROOT
from tests.test_engine.nets import domain_batch

# For each paper: its mini config, and the losses that its fragment for the mini net brings.
PAPERS = dict(
    dast=('attention.loss_adv', 'attention.loss_d_target', 'corrector.loss_adv', 'corrector.loss_d_source'),
    plca=('plca.loss_feature', 'plca.loss_prediction', 'lovasz.loss_lovasz', 'label_smoothing.loss_target'),
    maxcos=('maxcos.loss_cos',),
    sam=('sam.loss_source', 'sam.loss_target'),
    pixintrada=('self_training.loss_ce', 'pixintrada.loss_adv'),
)
WITHOUT_MINI = ('sam', 'dacs', 'self_training')
# PixIntraDA's own config has no source images, which all others need: it is always the one that is added.
PAIRS = [*combinations(PAPERS, 2)]


def mixture(base: str, added: str, folder: Path) -> Config:
    """The mixed config as a user writes it."""
    path = folder / f'{base}_{added}.py'
    fragment = added if added in WITHOUT_MINI else f'{added}_mini'
    bases = [f'{ROOT}/configs/{base}/{base}_mini_gta2cs.py', f'{ROOT}/configs/_base_/adaptations/{fragment}.py']
    path.write_text(f'_base_ = {bases}\nmodel = _base_.{added}\n')
    return Config.fromfile(path)


def runner_for(cfg: Config, minicity: Path, start: Path, work_dir: Path) -> UDARunner:
    """The runner of the config as it stands, on a handful of images for two iterations."""
    cfg.pop('stages', None)
    cfg.work_dir, cfg.launcher, cfg.experiment_name = str(work_dir), 'none', work_dir.name
    # DAST's discriminator takes part in prediction, so where labels are made it must be in the checkpoint.
    cfg.load_from = str(start / f'{"dast" if "attention" in cfg.model.adaptations else "source_only"}.pth')
    if 'sam' in cfg.model.adaptations:
        cfg.model.adaptations.sam.module.init_cfg.checkpoint = str(start / 'module.pth')
    cfg.merge_from_dict(
        {
            'train_cfg.max_iters': 2,
            'train_cfg.val_interval': 2,
            'default_hooks.logger.interval': 1,
            'train_dataloader.batch_size': 2,
            'train_dataloader.dataset.source.data_root': f'{minicity}/gta',
            'train_dataloader.dataset.target.data_root': f'{minicity}/cityscapes',
            'val_dataloader.dataset.data_root': f'{minicity}/cityscapes',
            'test_dataloader.dataset.data_root': f'{minicity}/cityscapes',
        }
    )
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        loader.update(num_workers=0, persistent_workers=False)
    return build_runner(cfg)


@pytest.mark.parametrize('base, added', PAIRS)
def test_two_papers_train_together(base, added, minicity, start, tmp_path):
    runner = runner_for(mixture(base, added, tmp_path), minicity, start, tmp_path / f'{base}_{added}')
    runner.train()
    (log,) = (tmp_path / f'{base}_{added}').rglob('*.log')
    steps = [line for line in log.read_text().splitlines() if 'Iter(train)' in line]
    assert len(steps) == 2
    for loss in (*PAPERS[base], *PAPERS[added]):
        assert f'{loss}: ' in steps[-1], loss
    assert 'nan' not in steps[-1]
    assert all(torch.isfinite(value).all() for value in runner.model.state_dict().values())


R101, R101_SPLIT, FCN, VGG = (
    f'{ROOT}/configs/_base_/models/{net}.py'
    for net in ('deeplabv2_r101', 'deeplabv2_r101_split', 'fcn8s_vgg16', 'deeplabv2_vgg16')
)
FITS = [
    *((R101_SPLIT, fragment) for fragment in ('dast', 'plca', 'maxcos', 'sam', 'pixintrada')),
    *((R101, fragment) for fragment in ('dast', 'plca', 'maxcos', 'sam', 'sam_module', 'pixintrada', 'maxsquare')),
    *((FCN, fragment) for fragment in ('maxcos_vgg16', 'sam_vgg16', 'adaptseg', 'self_training_bdl')),
    *((VGG, fragment) for fragment in ('dast', 'plca', 'maxcos', 'sam', 'advent', 'self_training')),
]


@pytest.mark.parametrize('net, fragment', FITS, ids=lambda text: Path(text).stem)
def test_fragments_fit_the_networks_that_the_docs_name(net, fragment, tmp_path):
    """docs/adaptations.md, "Which fragment fits which network": a step on a small image has the fragment's losses."""
    path = tmp_path / 'config.py'
    runtime, adaptations = (f'{ROOT}/configs/_base_/{part}' for part in ('default_runtime.py', 'adaptations'))
    key = fragment.removesuffix('_vgg16')
    path.write_text(f"_base_ = ['{net}', '{runtime}', '{adaptations}/{fragment}.py']\nmodel = _base_.{key}\n")
    model = MODELS.build(Config.fromfile(path).model)
    generator = torch.Generator().manual_seed(0)
    batch = {domain: domain_batch(generator, (64, 128), 1) for domain in ('source', 'target')}
    for sample in batch['target']['data_samples']:
        sample.pseudo_confidence = PixelData(data=torch.full((1, 64, 128), 200, dtype=torch.uint8))
    data = model.data_preprocessor(batch, training=True)
    with torch.no_grad():
        losses = model(**data, mode='loss')
    for name in model.adaptations:
        assert any(key.startswith(f'{name}.loss') for key in losses), name
    assert all(torch.isfinite(value).all() for key, value in losses.items() if 'loss' in key)


def step(model: UDASegmentor, cfg: Config) -> tuple[dict, dict]:
    """Losses of a training step on small random images, and the batch."""
    generator = torch.Generator().manual_seed(0)
    batch = {domain: domain_batch(generator, (128, 128)) for domain in ('source', 'target')}
    for sample in batch['target']['data_samples']:
        sample.pseudo_confidence = PixelData(data=torch.full((1, 128, 128), 200, dtype=torch.uint8))
    return model.train().train_step(batch, build_optim_wrapper(model, cfg.optim_wrapper)), batch


@pytest.mark.parametrize('added', ['mic', 'maxcos', 'plca', 'self_training', 'dast'])
@pytest.mark.parametrize('base', ['daformer', 'hrda'])
def test_a_teacher_with_other_methods(base, added, tmp_path):
    """docs/adaptations.md: a step has the losses of both, BatchNorm sees one more pass, and the model predicts."""
    cfg = mixture(base, added, tmp_path)
    model = MODELS.build(cfg.model)
    losses, batch = step(model, cfg)
    names = {'mix', *cfg[added].adaptations} - {'teacher'}
    assert names <= {name.split('.')[0] for name in losses if '.loss' in name}
    assert all(torch.isfinite(value) for value in losses.values())
    resolutions = 2 if base == 'hrda' else 1
    head = model.decode_head.head if base == 'hrda' else model.decode_head
    counts = {int(n) for name, n in head.state_dict().items() if name.endswith('num_batches_tracked')}
    assert counts == {3 * resolutions}, 'source, mixed, and the target or its masked images'
    with torch.no_grad():
        result = model.eval().test_step({name: values[:1] for name, values in batch['target'].items()})
    assert result[0].seg_logits.data.isfinite().all()


@pytest.mark.parametrize('added', ['daformer', 'dacs', 'mic'])
@pytest.mark.parametrize('base', ['dast', 'plca', 'maxcos'])
def test_a_teacher_is_added_to_another_method(base, added, tmp_path):
    cfg = mixture(base, added, tmp_path)
    losses, _ = step(MODELS.build(cfg.model), cfg)
    assert {'masked.loss_seg' if added == 'mic' else 'mix.loss_seg', *PAPERS[base]} <= set(losses)
