"""Real runs of few iterations on images made here, by one process or by the ranks of a group."""

import json
from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmseg.registry import MODELS

from mmseg_uda.engine.launch import build_runner
from tests.conftest import ROOT
from tests.test_engine.nets import CLASSES, EVERY_ADAPTATION, segmentor_config

IMAGES = 8
SIZE = (32, 64)
# As many labelled pixels on each image, so that means over the labelled ones are means over images.
LABELING = dict(selector=dict(type='TopPortionSelector', portion=0.5, per='image'), confidence=True)


def with_labels(adaptation: dict) -> dict:
    """The adaptation with a rule for the labels that it needs."""
    needs = MODELS.get(adaptation['type']).needs_target_labels
    return dict(adaptation, labeling=LABELING) if needs else adaptation


EVERY = {name: with_labels(adaptation) for name, adaptation in EVERY_ADAPTATION.items()}
TAUGHT = ('ClassMix', 'MaskedImageConsistency')
MIXTURES = {'no adaptation': {}, **{name: {name: adaptation} for name, adaptation in EVERY.items()}}
MIXTURES |= {name: dict(EMATeacher=EVERY['EMATeacher'], **MIXTURES[name]) for name in TAUGHT}


def take_labels(sample, columns: int) -> None:
    """Ignore the first columns of an image, which carries labels or does not."""
    if 'gt_sem_seg' in sample:
        sample.gt_sem_seg.data[..., :columns] = 255
    if 'pseudo_confidence' in sample:
        sample.pseudo_confidence.data[..., :columns] = 0


@HOOKS.register_module(force=True)
class OtherCounts(Hook):
    """Another number of labelled pixels on each image of a domain: 6 columns fewer on each than on the one before."""

    def __init__(self, domain: str) -> None:
        self.domain = domain

    def before_train_iter(self, runner, batch_idx, data_batch=None) -> None:
        for sample in data_batch[self.domain]['data_samples']:
            take_labels(sample, 6 * int(Path(sample.img_path).stem))


@HOOKS.register_module(force=True)
class NothingValid(Hook):
    """No labels on any image of rank 1; the losses of each rank are kept as ``losses_<rank>.json``."""

    def before_train(self, runner) -> None:
        self.losses = []

    def before_train_iter(self, runner, batch_idx, data_batch=None) -> None:
        if get_rank() == 1:
            for domain in data_batch.values():
                for sample in domain['data_samples']:
                    take_labels(sample, SIZE[1])

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        self.losses.append({name: float(value) for name, value in outputs.items()})

    def after_train(self, runner) -> None:
        Path(runner.work_dir, f'losses_{get_rank()}.json').write_text(json.dumps(self.losses))


KINDS = dict(
    equal=(20, []),
    other_source=(20, [dict(type='OtherCounts', domain='source')]),
    other_target=(20, [dict(type='OtherCounts', domain='target')]),
    nothing=(4, [dict(type='NothingValid')]),
)
"""Valid pixels: as many on each image, another number on each, none on rank 1; iterations and hooks."""


def make_images(folder: Path) -> None:
    """Source and target images of colored patches whose color tells the class; every pixel of the source has one."""
    rng = np.random.default_rng(0)
    colors = rng.integers(0, 200, (CLASSES, 3))
    for domain in ('source', 'target'):
        for kind in ('images', 'labels'):
            (folder / domain / kind).mkdir(parents=True)
        for i in range(IMAGES):
            label = rng.integers(0, CLASSES, (4, 8)).repeat(8, 0).repeat(8, 1).astype(np.uint8)
            image = colors[label] + rng.integers(0, 56, (*SIZE, 3)) * (1 if domain == 'source' else 0.5)
            cv2.imwrite(str(folder / domain / 'images' / f'{i}.png'), image.astype(np.uint8))
            cv2.imwrite(str(folder / domain / 'labels' / f'{i}.png'), label)


def make_weights(folder: Path) -> None:
    """``start.pth``, which runs start from and which labels, and ``backbone.pth``."""
    torch.manual_seed(0)
    # DAST's discriminator takes part in predictions, so the model that labels must have it.
    model = MODELS.build(segmentor_config('GN', DiscriminatorAttention=EVERY['DiscriminatorAttention']))
    torch.nn.init.normal_(model.decode_head.conv_seg.weight, std=0.5)
    torch.save(dict(state_dict=model.state_dict(), meta=dict()), folder / 'start.pth')
    torch.save(dict(state_dict=model.backbone.state_dict()), folder / 'backbone.pth')


def run_config(folder: Path, work_dir: Path, adaptations: dict, batch_size: int, launcher: str) -> Config:
    """The mini config of this repository, on a smaller network and these images."""
    mini = Config.fromfile(ROOT / 'configs/source_only/control_mini_gta2cs.py')
    cfg = Config(mini.to_dict(), format_python_code=False)  # yapf would take half of the time
    cfg.pop('stages')
    cfg.model = segmentor_config('GN', **adaptations)
    cfg.model.backbone.init_cfg = dict(type='Pretrained', checkpoint=str(folder / 'backbone.pth'))
    data = dict(
        metainfo=dict(classes=[f'class {c}' for c in range(CLASSES)]),
        pipeline=[dict(type='LoadImageFromFile'), dict(type='PackDomainInputs')],
    )
    source, target = (dict(data, data_root=str(folder / domain)) for domain in ('source', 'target'))
    source['pipeline'] = [data['pipeline'][0], dict(type='LoadMappedAnnotations'), data['pipeline'][1]]
    target['pipeline'] = [data['pipeline'][0], dict(type='LoadPseudoLabels'), data['pipeline'][1]]
    target['data_prefix'] = dict(img_path='images')
    cfg.train_dataloader = dict(
        batch_size=batch_size,
        num_workers=0,
        sampler=dict(type='DomainPairSampler'),
        dataset=dict(
            type='DomainPairDataset',
            source=dict(source, type='FolderDataset'),
            target=dict(target, type='UnlabeledDataset'),
        ),
    )
    for name in ('val', 'test'):
        cfg[f'{name}_dataloader'] = None
    cfg.load_from, cfg.work_dir, cfg.launcher = str(folder / 'start.pth'), str(work_dir), launcher
    cfg.default_hooks.pseudo_labels.num_workers = 0
    cfg.experiment_name = work_dir.name
    return cfg


def train(folder: Path, name: str, kind: str, adaptations: dict, ranks: int) -> None:
    """Train on two images a step, and save this rank's parameters as ``<name>_<kind>_<ranks>_<rank>.pth``."""
    work_dir = folder / f'{name}_{kind}_{ranks}'
    cfg = run_config(folder, work_dir, adaptations, 2 // ranks, 'none' if ranks == 1 else 'pytorch')
    cfg.train_cfg.max_iters, cfg.custom_hooks = KINDS[kind]
    runner = build_runner(cfg)
    runner.train()
    model = getattr(runner.model, 'module', runner.model)
    torch.save({key: value.detach() for key, value in model.named_parameters()}, f'{work_dir}_{get_rank()}.pth')
