"""Whole iterations of the self-ensembling methods from stored draws, with the model and optimiser of a config."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from mmengine.optim import build_optim_wrapper
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor

import mmseg_uda.engine  # noqa: F401  registers the optimisers' constructor
from mmseg_uda.models import UDASegmentor
from mmseg_uda.models.adaptations.class_mix import MixDraws
from mmseg_uda.models.adaptations.masked_consistency import MaskDraws
from mmseg_uda.models.ops import Draws

from .parity import Case
from .released_network import load, official, stored_weights

FACTORS = ('brightness', 'contrast', 'saturation', 'hue')
LOSSES = dict(
    source='decode.loss_ce',
    source_hr='decode.loss_detail',
    fd='distance.loss_distance',
    mixed='mix.loss_seg',
    mixed_hr='mix.loss_detail',
    masked='masked.loss_seg',
    masked_hr='masked.loss_detail',
)


def network_cfg(case: Case, hrda: bool, classwise: bool = True) -> dict[str, dict]:
    """The network that a file of whole steps or of inference describes, its widths and depths read off the weights."""
    shapes = {name: value.shape for name, value in stored_weights(case).items()}
    dims = [shapes[f'backbone.norm{s}.weight'][0] for s in range(1, 5)]
    depths = [
        sum(name.startswith(f'backbone.block{s}.') and name.endswith('.norm1.weight') for name in shapes)
        for s in range(1, 5)
    ]
    backbone = dict(
        type='MiT',
        embed_dims=dims[0],
        num_layers=depths,
        num_heads=[width // dims[0] for width in dims],
        drop_path_rate=0.0,
        released_epsilon=False,
    )
    inner = 'decode_head.head' if hrda else 'decode_head'
    head = dict(
        type='DAFormerHead',
        in_channels=dims,
        channels=shapes[f'{inner}.conv_seg.weight'][1],
        embed_dims=shapes[f'{inner}.embed_layers.0.proj.bias'][0],
        dropout_ratio=0,
    )
    if not hrda:
        return dict(backbone=backbone, decode_head=dict(head, num_classes=case['num_classes']))
    return dict(
        backbone=dict(type='MultiResolution', backbone=backbone, detail=(32, 32), stride=(16, 16)),
        decode_head=dict(
            type='HRDAHead',
            num_classes=case['num_classes'],
            head=head,
            attention=dict(head, fusion='conv1', channels=10, embed_dims=10),
            classwise=classwise,
        ),
    )


def model_cfg(case: Case) -> dict:
    adaptations = dict(
        teacher=dict(
            type='EMATeacher',
            alpha=case['alpha'],
            threshold=None if np.isnan(case['threshold']) else case['threshold'],
        ),
        mix=dict(type='ClassMix'),
    )
    if case['fd_weight']:
        adaptations['distance'] = dict(
            type='FeatureDistance',
            classes=case['fd_classes'].tolist(),
            min_share=case['fd_min_ratio'],
            loss_weight=case['fd_weight'],
        )
    if not np.isnan(case['mask_ratio']):
        adaptations['masked'] = dict(type='MaskedImageConsistency', ratio=case['mask_ratio'], block=case['mask_block'])
    return dict(
        type='UDASegmentor',
        data_preprocessor=dict(
            type='UDADataPreprocessor', mean=case['mean'].tolist(), std=case['std'].tolist(), size_divisor=1
        ),
        **network_cfg(case, bool(case['hrda'])),
        adaptations=adaptations,
        test_cfg=dict(mode='whole'),
    )


def build(case: Case):
    """The model with the stored weights, in float64, and what became of them."""
    model = MODELS.build(model_cfg(case)).double().train()
    normalize_exactly(case, model)
    parts = torch.nn.ModuleDict(dict(backbone=model.backbone, decode_head=model.decode_head))
    released = {f'model.{name}': value for name, value in stored_weights(case).items()}
    conversion = load(parts, released, 'daformer')
    if 'distance' in model.adaptations:
        reference = model.adaptations.distance.reference
        backbone = reference.backbone if case['hrda'] else reference
        load(torch.nn.ModuleDict(dict(backbone=backbone)), stored_weights(case, 'ref_w_'), 'mit')
    return model, {name.removeprefix('model.'): ours for name, ours in conversion.renamed.items()}


def normalize_exactly(case: Case, model: UDASegmentor) -> None:
    """With mean and standard deviation in double precision, where a config's are rounded to single."""
    augmentations = (getattr(adaptation, 'augment', None) for adaptation in model.adaptations.values())
    for owner in (model.data_preprocessor, *filter(None, augmentations)):
        owner.mean, owner.std = (case.tensor(key).view(-1, 1, 1) for key in ('mean', 'std'))


def optimizer_of(case: Case, model: UDASegmentor):
    cfg = dict(
        constructor='JointOptimWrapperConstructor',
        segmentor=dict(
            optimizer=dict(type='AdamW', lr=case['lr'], betas=(0.9, 0.999), weight_decay=0.01),
            paramwise_cfg=dict(norm_decay_mult=0.0, custom_keys=dict(decode_head=dict(lr_mult=10.0))),
        ),
    )
    return build_optim_wrapper(model, cfg)


def stored_augmentation(case: Case, step: str, count: int) -> Draws:
    """Draws of ``count`` images; what was not applied was not stored."""
    if f'{step}order' in case:
        factors = torch.stack([case.tensor(f'{step}{name}') for name in FACTORS], dim=1)
        order = np.atleast_2d(case[f'{step}order']).tolist()
    else:
        factors, order = torch.zeros(count, 4), [[]]
    sigma = np.atleast_1d(case[f'{step}sigma']).tolist() if f'{step}sigma' in case else [1.0]
    order, sigma = (values * (count // len(values)) for values in (order, sigma))
    return Draws(case[f'{step}u_jitter'], case[f'{step}u_blur'], factors, order, sigma)


def use_stored_draws(case: Case, model: UDASegmentor, t: int) -> None:
    """Let the adaptations draw what the released code drew in step ``t``."""
    count = len(case['src_rgb'][t])
    chosen = [torch.tensor([c for c in values if c != -1]) for values in case[f't{t}_chosen']]
    mix = MixDraws(chosen, stored_augmentation(case, f't{t}_', count))
    model.adaptations.mix.draw = lambda labels: mix
    if 'masked' in model.adaptations:
        masked = MaskDraws(case.tensor(f't{t}_noise'), stored_augmentation(case, f't{t}_masked_', count))
        model.adaptations.masked.draw = lambda images: masked
    if case['hrda']:
        boxes = iter(case[f't{t}_boxes'].tolist())
        model.backbone.draw = lambda size: tuple(next(boxes))


def valid_pixels(case: Case, t: int, n: int) -> Tensor:
    """The stored margins of a target image, and DAFormer's rows as margins; 1,H,W uint8."""
    size = case['tgt_rgb'].shape[-2:]
    valid = torch.tensor(case['valid'][t][n : n + 1]) if 'valid' in case else torch.ones(1, *size, dtype=torch.uint8)
    valid[:, : case['ignore_top']] = 0
    valid[:, size[0] - case['ignore_bottom'] :] = 0
    return valid


def batch(case: Case, t: int) -> dict:
    """The images of step ``t``, as the loader collates them."""
    domains = {}
    for domain, key in (('source', 'src_rgb'), ('target', 'tgt_rgb')):
        samples = []
        for n in range(len(case[key][t])):
            sample = SegDataSample(metainfo=dict(img_shape=case[key].shape[-2:]))
            if domain == 'source':
                sample.gt_sem_seg = PixelData(data=torch.tensor(case['src_label'][t][n : n + 1]).long())
            else:
                sample.set_data(dict(pseudo_valid=PixelData(data=valid_pixels(case, t, n))))
            samples.append(sample)
        domains[domain] = dict(inputs=list(torch.tensor(case[key][t])), data_samples=samples)
    return domains


@dataclass
class Step:
    """What a step came to; parameters by released names."""

    losses: dict[str, Tensor]
    target: dict[str, Tensor]
    mixed: tuple[Tensor, Tensor, Tensor]
    gradients: dict[str, Tensor]
    student: dict[str, Tensor]
    teacher: dict[str, Tensor]


def run(case: Case, model: UDASegmentor, names: dict[str, str]) -> Iterator[Step]:
    """Train the stored steps."""
    wrapper = optimizer_of(case, model)
    parameters = dict(model.named_parameters())
    gradients: dict[str, Tensor] = {}
    seen: dict = {}

    def remember_gradients(*_) -> None:
        gradients.update({name: p.grad.clone() for name, p in parameters.items() if p.grad is not None})

    wrapper['segmentor'].optimizer.register_step_pre_hook(remember_gradients)
    mix = model.adaptations.mix.mix
    prepare = model.adaptations.teacher.prepare

    def remember_mix(source, target, draws):
        seen['mixed'] = mix(source, target, draws)
        return seen['mixed']

    def remember_labels(segmentor, source, target):
        prepare(segmentor, source, target)
        seen['target'] = target.store['teacher']

    model.adaptations.mix.mix = remember_mix
    model.adaptations.teacher.prepare = remember_labels
    for t in range(case['steps']):
        use_stored_draws(case, model, t)
        losses = model.train_step(batch(case, t), wrapper)
        teacher = {f'{name.replace("module.0.", "backbone.", 1).replace("module.1.", "decode_head.", 1)}': p
                   for name, p in model.adaptations.teacher.teacher.named_parameters()}  # fmt: skip
        yield Step(
            losses=losses,
            target=seen['target'],
            mixed=seen['mixed'],
            gradients=official(gradients, names),
            student=official(parameters, names),
            teacher=official(teacher, names),
        )
