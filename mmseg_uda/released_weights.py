"""Rename released weights to this package's names, and account for every key.

A format is a function from a released key to ours. What a conversion cannot place must match one of
the format's documented patterns; anything else makes the conversion incomplete.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from mmseg.models import EncoderDecoder
from mmseg.registry import MODELS
from torch import Tensor

from mmseg_uda.datasets.class_subsets import CITYSCAPES_19, SYNTHIA_16
from mmseg_uda.errors import UserError, choice
from mmseg_uda.released_mit import merge_queries, rename_mit
from mmseg_uda.utils.meta import on_meta

Shapes = Mapping[str, torch.Size]


Rename = Callable[[str, Mapping[str, Tensor]], str | None]
Reasons = tuple[tuple[str, str], ...]


@dataclass
class Conversion:
    """What became of every key of the source and of the model.

    Attributes:
        state_dict: Our names and the weights.
        renamed: Released key -> our key.
        dropped: Released key -> why it is not needed.
        filled: Our key without weights -> why its initial value is right.
        missing: Keys of the model that got no weights.
        unexpected: Released keys without a place in the model.
        mismatched: Released key -> the two shapes that differ.
    """

    state_dict: dict[str, Tensor] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)
    filled: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    mismatched: dict[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Nothing is left over."""
        return not (self.missing or self.unexpected or self.mismatched)


@dataclass(frozen=True)
class Format:
    """A family of released state dicts.

    Attributes:
        rename: (key, all released weights) -> our key, or None where there is no place for it.
        drops: (pattern of released keys, reason) for keys that find no place.
        fills: (pattern of our keys, reason) for keys that get no weights.
        network: Names of the model that the file is made for: a split ResNet's heads and necks, and the inner backbone
            of a multi-resolution one, read their part of a backbone's file by prefix.
        merge: What joins several released tensors to one first.
        reshape: Whether fully connected weights become those of convolutions.
        class_order: The released classes by name, where their order differs from ours; the classifier's outputs are
            put in our order.
    """

    rename: Rename
    drops: Reasons = ()
    fills: Reasons = ()
    network: Callable[[Shapes], Shapes] = dict
    merge: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]] = dict
    reshape: bool = False
    class_order: tuple[str, ...] = ()


def network_shapes(model_cfg: Mapping) -> Shapes:
    """Names and shapes of the network that a model config describes, without memory for weights.

    Args:
        model_cfg: ``model`` of a config. The classes it names must be registered.

    Returns:
        Shape by name, for the backbone, neck and heads. Adaptations are left out: released
        networks come without them, see :func:`discriminator_shapes`.
    """
    parts = ('backbone', 'neck', 'decode_head', 'auxiliary_head')
    with on_meta():
        network = EncoderDecoder(**{part: model_cfg[part] for part in parts if model_cfg.get(part) is not None})
    return {key: value.shape for key, value in network.state_dict().items()}


def discriminator_shapes(model_cfg: Mapping, adaptations: Sequence[str]) -> Shapes:
    """Names and shapes of the discriminators of some adaptations.

    Raises:
        UserError: The config has no such adaptation, or it has no discriminator.
    """
    with on_meta():
        model = MODELS.build(copy.deepcopy({k: v for k, v in model_cfg.items() if k != 'data_preprocessor'}))
    weights = model.state_dict()
    shapes = {}
    for name in adaptations:
        cfg = (model_cfg.get('adaptations') or {}).get(name) or {}
        if 'discriminator' not in cfg:
            raise UserError(f'model.adaptations.{name}.discriminator is not in the config')
        prefix = f'adaptations.{name}.discriminator.'
        shapes |= {key: value.shape for key, value in weights.items() if key.startswith(prefix)}
    return shapes


def convert_state_dict(state_dict: Mapping[str, Tensor], source_format: str, shapes: Shapes) -> Conversion:
    """Rename a released network's weights for a model.

    Args:
        state_dict: Released weights; prefixes such as ``module.`` and ``Scale.`` are removed.
        source_format: A key of :data:`FORMATS`.
        shapes: The model's shapes by name, see :func:`network_shapes`.

    Returns:
        The weights with an account of every key; use them only if it is ``complete``.

    Raises:
        UserError: Unknown format, or two released keys belong to the same place.
    """
    layout = FORMATS[choice('source_format', source_format, FORMATS)]
    return _convert(layout.merge(_without_wrappers(state_dict)), layout, layout.network(shapes))


def convert_discriminators(state_dict: Mapping[str, Tensor], adaptations: Sequence[str], shapes: Shapes) -> Conversion:
    """Rename released discriminators for a model's adaptations.

    Args:
        state_dict: Of one discriminator, or of a list of them (``0.conv1.weight``).
        adaptations: Names in ``model.adaptations``, one, or one for each entry of the list.
        shapes: See :func:`discriminator_shapes`.

    Returns:
        As :func:`convert_state_dict`.
    """

    def rename(key: str, _: Mapping[str, Tensor]) -> str | None:
        index, rest = 0, key
        if match := re.match(r'(\d+)\.(.*)', key):
            index, rest = int(match[1]), match[2]
        if index >= len(adaptations):
            return None
        return f'adaptations.{adaptations[index]}.discriminator.{rest}'

    return _convert(_without_wrappers(state_dict), Format(rename), shapes)


def _convert(state_dict: Mapping[str, Tensor], layout: Format, shapes: Shapes) -> Conversion:
    result = Conversion()
    claimed: dict[str, str] = {}
    for key, value in state_dict.items():
        name = layout.rename(key, state_dict)
        name = next((place for place in _places(name) if place in shapes), None)
        if name is None:
            _account(key, layout.drops, result.dropped, result.unexpected)
            continue
        if name in claimed:
            raise UserError(f'{claimed[name]} and {key} both convert to {name}')
        claimed[name] = key
        if layout.class_order and name.startswith('decode_head.'):
            value = value[_class_rows(layout.class_order, len(value))]
        if layout.reshape and value.numel() == shapes[name].numel():
            value = value.reshape(shapes[name])
        if value.shape == shapes[name]:
            result.renamed[key] = name
            result.state_dict[name] = value
        else:
            result.mismatched[key] = f'{_size(value.shape)}, {name} has {_size(shapes[name])}'
    for name in (name for name in shapes if name not in claimed):
        _account(name, (*layout.fills, _COUNTERS), result.filled, result.missing)
        if result.filled.get(name) == _COUNTERS[1]:
            result.state_dict[name] = torch.zeros((), dtype=torch.long)
    return result


def _class_rows(released: tuple[str, ...], num_classes: int) -> list[int]:
    """Position among the first ``num_classes`` released classes of each of ours, which lie in Cityscapes' order.

    Raises:
        UserError: The number is not that of GTA5's 19 or SYNTHIA's 16 classes.
    """
    ours = {len(names): names for names in (CITYSCAPES_19, SYNTHIA_16)}
    if num_classes not in ours:
        raise UserError(f'the released classifier has {num_classes} classes, expected one of {sorted(ours)}')
    return [released.index(name) for name in ours[num_classes]]


def _account(key: str, reasons: Reasons, known: dict[str, str], left_over: list[str]) -> None:
    for pattern, reason in reasons:
        if re.match(pattern, key):
            known[key] = reason
            return
    left_over.append(key)


def _size(shape: torch.Size) -> str:
    return 'x'.join(map(str, shape)) or 'scalar'


def _without_wrappers(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Remove what DataParallel and the Caffe import put in front of every key."""
    for prefix in ('module.', 'Scale.'):
        if all(key.startswith(prefix) for key in state_dict):
            state_dict = {key.removeprefix(prefix): value for key, value in state_dict.items()}
    return dict(state_dict)


LAST_BLOCK = 'backbone.layer4.2.'


def _places(name: str | None) -> Iterator[str]:
    """Where weights may go: as named, to what is named otherwise here.

    That is the neck where a ResNet is split, a multi-resolution backbone's own backbone, and the branches of a
    DeepLabV2 head, which DAFormer's code makes of MMSeg's ASPP.
    """
    if name is None:
        return
    yield name
    if name.startswith(LAST_BLOCK):
        yield f'neck.{name.removeprefix(LAST_BLOCK)}'
    if name.startswith('backbone.'):
        yield f'backbone.{name}'
    yield re.sub(r'\.aspp_modules\.(\d+)\.conv\.', r'.convs.\1.', name)


def _whole_resnet(shapes: Shapes) -> Shapes:
    """The same model, with its last residual block in the backbone."""
    return {
        LAST_BLOCK + name.removeprefix('neck.') if name.startswith('neck.') else name: shape
        for name, shape in shapes.items()
    }


def _rename_resnet(key: str, _: Mapping[str, Tensor]) -> str | None:
    return f'backbone.{key}' if re.match(r'(conv1|bn1|layer[1-4])\.', key) else None


def _rename_deeplab_resnet(key: str, source: Mapping[str, Tensor]) -> str | None:
    """AdaptSegNet and its descendants: ``layer5`` is auxiliary when there is a ``layer6``."""
    match = re.match(r'layer([56])\.conv2d_list\.(.*)', key)
    if not match:
        return _rename_resnet(key, source)
    two_heads = any(other.startswith('layer6.') for other in source)
    head = 'auxiliary_head' if match[1] == '5' and two_heads else 'decode_head'
    return f'{head}.convs.{match[2]}'


_UNTRAINED_BRANCH = re.compile(r'(layer6|classifier)\.conv2d_list\.[23]\.')


def _rename_dast_resnet(key: str, source: Mapping[str, Tensor]) -> str | None:
    """DAST: ``layer5`` is the block after the tap, ``layer6`` the classifier."""
    if key.startswith('layer5.'):
        return f'{LAST_BLOCK}{key.removeprefix("layer5.0.")}'
    return None if _UNTRAINED_BRANCH.match(key) else _rename_deeplab_resnet(key, source)


PLCA_CLASSES = (
    *('sky', 'building', 'road', 'sidewalk', 'fence', 'vegetation', 'pole', 'car', 'traffic sign', 'person'),
    *('bicycle', 'motorcycle', 'traffic light', 'rider', 'bus', 'wall', 'terrain', 'truck', 'train'),
)
"""Outputs of PLCA's models; those from SYNTHIA have the first 16."""


def _rename_plca(key: str, _: Mapping[str, Tensor]) -> str | None:
    """PLCA: torchvision's names, and a classifier inside three containers."""
    if match := re.fullmatch(r'classifier\.0\.convs\.(\d)\.0\.(.*)', key):
        return f'decode_head.convs.{match[1]}.{match[2]}'
    return key if key.startswith('backbone.') else None


VGG16_STARTS = (0, 5, 10, 17, 24)
"""Position of each stage's first convolution in torchvision's ``features``."""

DEEPLAB_VGG_STARTS = (0, 5, 10, 17, 23)
"""The same without pool4."""


def _rename_vgg_features(index: int, leaf: str, starts: tuple[int, ...]) -> str:
    stage = max(i for i, start in enumerate(starts) if start <= index)
    return f'backbone.stages.{stage}.{index - starts[stage]}.{leaf}'


def _rename_vgg16(key: str, _: Mapping[str, Tensor]) -> str | None:
    if match := re.match(r'features\.(\d+)\.(.*)', key):
        return _rename_vgg_features(int(match[1]), match[2], VGG16_STARTS)
    if match := re.match(r'classifier\.([03])\.(.*)', key):
        return f'backbone.{"fc6" if match[1] == "0" else "fc7"}.{match[2]}'
    return None


def _rename_deeplab_vgg(key: str, _: Mapping[str, Tensor]) -> str | None:
    """AdaptSegNet's ``features.N`` and DAST's ``layer1`` to ``layer4``, which are slices of it."""
    if _UNTRAINED_BRANCH.match(key):
        return None
    if match := re.match(r'classifier\.conv2d_list\.(.*)', key):
        return f'decode_head.convs.{match[1]}'
    match = re.match(r'(features|layer[1-4])\.(\d+)\.(.*)', key)
    if not match:
        return None
    starts = dict(features=0, layer1=0, layer2=16, layer3=21, layer4=29)
    index = starts[match[1]] + int(match[2])
    if index >= 29:
        layer = {29: 'fc6', 31: 'fc7'}.get(index)
        return f'neck.{layer}.{match[3]}' if layer else None
    return _rename_vgg_features(index, match[3], DEEPLAB_VGG_STARTS)


FCN8S_HEAD = dict(
    score_fr='score_fc7',
    score_pool4='score_pool4',
    score_pool3='score_pool3',
    upscore2='upscore_fc7',
    upscore_pool4='upscore_pool4',
    upscore8='upscore',
)


def _rename_fcn8s(key: str, _: Mapping[str, Tensor]) -> str | None:
    layer, _dot, leaf = key.partition('.')
    if match := re.fullmatch(r'conv(\d)_(\d)', layer):
        return f'backbone.stages.{int(match[1]) - 1}.{2 * (int(match[2]) - 1)}.{leaf}'
    if layer in ('fc6', 'fc7'):
        return f'backbone.{key}'
    return f'decode_head.{FCN8S_HEAD[layer]}.{leaf}' if layer in FCN8S_HEAD else None


def _inner_backbone(shapes: Shapes) -> Shapes:
    """The same model with its backbone run at one resolution."""
    return {name.replace('backbone.backbone.', 'backbone.', 1): shape for name, shape in shapes.items()}


def _rename_mit(key: str, _: Mapping[str, Tensor]) -> str | None:
    """Mix Transformers: official names, or those of MMSeg's segmentors and backbones."""
    name = rename_mit(key.removeprefix('backbone.'))
    return None if name is None else f'backbone.{name}'


def _rename_daformer(model: str) -> Rename:
    """DAFormer, HRDA, MIC: one of the three networks that a checkpoint holds."""

    def rename(key: str, source: Mapping[str, Tensor]) -> str | None:
        if not key.startswith(f'{model}.'):
            return None
        part = key.removeprefix(f'{model}.')
        return _rename_mit(part, source) or part  # heads and ResNets have MMSeg's names

    return rename


_COUNTERS = (r'.*num_batches_tracked$', 'counter without effect')
_UNTRAINED = (
    _UNTRAINED_BRANCH.pattern,
    'branch that the released code never uses; the model needs num_branches=2',
)
_HEADS = (r'(decode|auxiliary)_head\.', 'classifier, keeps its initialisation')

FORMATS: dict[str, Format] = dict(
    resnet=Format(  # ResNet backbone: ImageNet (torchvision, Caffe) or a DeepLab initialisation
        _rename_resnet,
        drops=(
            (r'fc\.', 'ImageNet classifier'),
            (r'layer5\.', 'classifier of other classes'),
            _COUNTERS,
        ),
        fills=(
            _HEADS,
            (
                r'backbone\.layer4\.2\.downsample\.',
                'shortcut that only the released DAST code has, keeps its initialisation',
            ),
        ),
        network=_whole_resnet,
    ),
    deeplab_resnet=Format(  # DeepLabV2-ResNet of AdaptSegNet, ADVENT, BDL, FDA and their kind, one or two heads
        _rename_deeplab_resnet,
        drops=(
            (r'layer6\.conv2d_list\.[1-3]\.', 'branch that the model lacks (num_branches)'),
            (r'layer5\.conv2d_list\.', 'auxiliary head or branch that the model lacks'),
            _COUNTERS,
        ),
    ),
    dast_resnet=Format(  # DeepLabV2-ResNet of DAST, whose layer5 is the block after the tap
        _rename_dast_resnet,
        drops=(_UNTRAINED, _COUNTERS),
    ),
    plca=Format(  # DeepLabV2-ResNet of PLCA, in an order of classes of its own
        _rename_plca, drops=(_COUNTERS,), class_order=PLCA_CLASSES
    ),
    mit=Format(  # Mix Transformer of SegFormer, ImageNet or a segmentor's, official names or MMSeg's
        _rename_mit,
        drops=((r'head\.', 'ImageNet classifier'), (r'(decode|auxiliary)_head\.', 'head of another network')),
        fills=(_HEADS,),
        network=_inner_backbone,
        merge=merge_queries,
        reshape=True,
    ),
    daformer=Format(  # DAFormer, HRDA or MIC: the student, which their numbers are of
        _rename_daformer('model'),
        drops=(
            (r'ema_model\.', 'the teacher (--from daformer_teacher)'),
            (r'imnet_model\.', 'reference of the feature distance: the ImageNet weights'),
        ),
        merge=merge_queries,
        reshape=True,
    ),
    daformer_teacher=Format(  # the same files: the teacher
        _rename_daformer('ema_model'),
        drops=(
            (r'model\.', 'the student (--from daformer)'),
            (r'imnet_model\.', 'reference of the feature distance: the ImageNet weights'),
        ),
        merge=merge_queries,
        reshape=True,
    ),
    vgg16=Format(  # ImageNet VGG16 (torchvision or Caffe) for DeepLab-VGG16 or FCN-8s
        _rename_vgg16,
        drops=((r'classifier\.', 'ImageNet classifier'),),
        fills=(_HEADS, (r'neck\.fc[67]\.', 'keeps its initialisation')),
        reshape=True,
    ),
    deeplab_vgg=Format(  # DeepLabV2-VGG16 of AdaptSegNet or DAST
        _rename_deeplab_vgg, drops=(_UNTRAINED,)
    ),
    fcn8s=Format(  # FCN-8s-VGG16 of BDL, FDA and their kind
        _rename_fcn8s
    ),
)
"""Known formats by name."""
