"""Released weights, made up in the official layouts, through the converter and its command."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import mmseg
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import load_checkpoint
from mmseg.registry import MODELS

import mmseg_uda.models  # noqa: F401
from mmseg_uda.errors import UserError
from mmseg_uda.export import plain_state_dict
from mmseg_uda.models.decode_heads.pixel_losses import HeadOutput
from mmseg_uda.released_weights import (
    convert_discriminators,
    convert_state_dict,
    discriminator_shapes,
    network_shapes,
)
from mmseg_uda.utils.meta import on_meta
from tests.conftest import ROOT

MIT_TOOL = Path(mmseg.__file__).parent / '.mim/tools/model_converters/mit2mmseg.py'
MODELS_FOLDER = ROOT / 'configs' / '_base_' / 'models'


def base_model(name: str) -> Config:
    return Config.fromfile(MODELS_FOLDER / f'{name}.py').model


def random_weights(shapes: dict[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {key: torch.randn(shape, generator=generator) for key, shape in shapes.items()}


def tiny_resnet_model(split: bool = False, **head) -> Config:
    """A narrow DeepLabV2 with the layout of the real one."""
    cfg = base_model('deeplabv2_r101_split' if split else 'deeplabv2_r101')
    cfg.backbone.update(depth=50, base_channels=4, stem_channels=4)
    cfg.decode_head.update(in_channels=128, num_classes=5, **head)
    if split:
        cfg.neck.update(channels=128)
    return cfg


def official_resnet(heads: dict[str, int]) -> dict[str, torch.Tensor]:
    """Keys of AdaptSegNet's networks; ``heads``: layer name -> input channels."""
    shapes = network_shapes(dict(tiny_resnet_model()))
    trunk = {k.removeprefix('backbone.'): s for k, s in shapes.items() if k.startswith('backbone.')}
    trunk = {key: shape for key, shape in trunk.items() if 'num_batches' not in key}
    for layer, channels in heads.items():
        for i in range(4):
            trunk[f'{layer}.conv2d_list.{i}.weight'] = (5, channels, 3, 3)
            trunk[f'{layer}.conv2d_list.{i}.bias'] = (5,)
    return random_weights(trunk)


TRANSFORMERS = dict(
    mit=dict(type='MixVisionTransformer', embed_dims=8, num_layers=[1, 2, 1, 1], num_heads=[1, 2, 2, 2]),
    swin=dict(type='SwinTransformer', embed_dims=8, depths=[1, 2, 1, 1], num_heads=[1, 1, 2, 2], window_size=2),
    vit=dict(type='VisionTransformer', img_size=32, patch_size=8, embed_dims=8, num_layers=2, num_heads=2),
)


@pytest.mark.parametrize('name', TRANSFORMERS)
def test_shapes_of_transformers(name):
    """Their constructors read values (drop path rates), which tensors without memory lack."""
    head = dict(type='FCNHead', in_channels=8, in_index=0, channels=4, num_classes=3)
    cfg = dict(type='EncoderDecoder', backbone=TRANSFORMERS[name], decode_head=head)
    built = MODELS.build(cfg).state_dict()
    assert plain_state_dict(built, cfg).keys() == built.keys()
    random_state = torch.get_rng_state()
    assert network_shapes(cfg) == {key: value.shape for key, value in built.items()}
    assert torch.equal(torch.get_rng_state(), random_state)


def test_single_head_goes_to_the_decode_head():
    source = official_resnet(dict(layer5=128))
    result = convert_state_dict(source, 'deeplab_resnet', network_shapes(tiny_resnet_model()))
    assert result.complete and not result.dropped
    weight = result.state_dict['decode_head.convs.3.weight']
    assert torch.equal(weight, source['layer5.conv2d_list.3.weight'])
    assert set(result.filled.values()) == {'counter without effect'}


def test_two_heads():
    cfg = tiny_resnet_model()
    source = official_resnet(dict(layer5=64, layer6=128))
    without_aux = convert_state_dict(source, 'deeplab_resnet', network_shapes(cfg))
    assert without_aux.complete and len(without_aux.dropped) == 8
    cfg.auxiliary_head = dict(cfg.decode_head, in_channels=64, in_index=2)
    result = convert_state_dict(source, 'deeplab_resnet', network_shapes(cfg))
    assert result.complete and not result.dropped
    weight = result.state_dict['auxiliary_head.convs.0.weight']
    assert torch.equal(weight, source['layer5.conv2d_list.0.weight'])


def test_unused_branches_are_dropped_and_reported():
    shapes = network_shapes(tiny_resnet_model(num_branches=2))
    result = convert_state_dict(official_resnet(dict(layer5=128)), 'deeplab_resnet', shapes)
    assert result.complete
    assert sorted(result.dropped) == [f'layer5.conv2d_list.{i}.{leaf}' for i in (2, 3) for leaf in ('bias', 'weight')]


@pytest.mark.parametrize('prefix', ['module.', 'Scale.', 'module.Scale.'])
def test_prefixes(prefix):
    source = {prefix + k: v for k, v in official_resnet(dict(layer5=128)).items()}
    shapes = network_shapes(tiny_resnet_model())
    assert convert_state_dict(source, 'deeplab_resnet', shapes).complete


def test_left_over_keys_make_it_incomplete():
    shapes = network_shapes(tiny_resnet_model())
    source = official_resnet(dict(layer5=128))
    source['layer7.weight'] = torch.zeros(1)
    assert convert_state_dict(source, 'deeplab_resnet', shapes).unexpected == ['layer7.weight']
    source = official_resnet(dict(layer5=128))
    del source['layer3.1.conv2.weight']
    result = convert_state_dict(source, 'deeplab_resnet', shapes)
    assert result.missing == ['backbone.layer3.1.conv2.weight']
    source = official_resnet(dict(layer5=64))
    result = convert_state_dict(source, 'deeplab_resnet', shapes)
    assert not result.complete and not result.missing
    assert '5x64x3x3' in result.mismatched['layer5.conv2d_list.0.weight']


def official_dast() -> dict[str, torch.Tensor]:
    source = official_resnet(dict(layer6=128))
    source = {k.replace('layer4.2.', 'layer5.0.'): v for k, v in source.items()}
    shortcut = {'layer5.0.downsample.0.weight': (128, 128, 1, 1)}
    for leaf in ('weight', 'bias', 'running_mean', 'running_var'):
        shortcut[f'layer5.0.downsample.1.{leaf}'] = (128,)
    return {**source, **random_weights(shortcut)}


def test_dast():
    cfg = tiny_resnet_model(split=True, num_branches=2)
    source = official_dast()
    identity = convert_state_dict(source, 'dast_resnet', network_shapes(cfg))
    assert 'layer5.0.downsample.0.weight' in identity.unexpected
    cfg.neck.shortcut = 'conv'
    result = convert_state_dict(source, 'dast_resnet', network_shapes(cfg))
    assert result.complete
    pairs = [('neck.conv2', 'layer5.0.conv2'), ('neck.downsample.0', 'layer5.0.downsample.0')]
    pairs += [('backbone.layer4.1.conv3', 'layer4.1.conv3')]
    for ours, theirs in pairs:
        assert torch.equal(result.state_dict[f'{ours}.weight'], source[f'{theirs}.weight'])


def test_dast_into_four_branches_is_refused():
    """Its branches 3 and 4 were never trained: summing them would spoil the predictions."""
    cfg = tiny_resnet_model(split=True, num_branches=4)
    cfg.neck.shortcut = 'conv'
    result = convert_state_dict(official_dast(), 'dast_resnet', network_shapes(cfg))
    assert 'decode_head.convs.2.weight' in result.missing


def test_resnet_backbone_is_the_same_file_for_whole_and_split_networks(tmp_path):
    source = official_resnet(dict(layer5=128))
    source = {k: v for k, v in source.items() if not k.startswith('layer5')}
    source.update(random_weights({'fc.weight': (10, 128), 'fc.bias': (10,)}))
    whole = convert_state_dict(source, 'resnet', network_shapes(tiny_resnet_model()))
    cfg = tiny_resnet_model(split=True)
    cfg.neck.shortcut = 'conv'
    split = convert_state_dict(source, 'resnet', network_shapes(cfg))
    assert whole.complete and split.complete
    assert list(whole.state_dict) == list(split.state_dict)
    assert set(whole.dropped) == {'fc.weight', 'fc.bias'}

    torch.save(dict(state_dict=split.state_dict), tmp_path / 'resnet.pth')
    for part in (cfg.backbone, cfg.neck):
        part.init_cfg.checkpoint = str(tmp_path / 'resnet.pth')
    backbone, neck = MODELS.build(cfg.backbone), MODELS.build(cfg.neck)
    backbone.init_weights()
    neck.init_weights()
    assert torch.equal(backbone.conv1.weight, source['conv1.weight'])
    assert torch.equal(backbone.layer4[1].bn1.running_var, source['layer4.1.bn1.running_var'])
    assert torch.equal(neck.conv3.weight, source['layer4.2.conv3.weight'])


def official_plca(num_classes: int) -> dict[str, torch.Tensor]:
    trunk = {f'backbone.{k}': v for k, v in official_resnet({}).items()}
    head = {f'classifier.0.convs.{i}.0.weight': (num_classes, 128, 3, 3) for i in range(4)}
    return trunk | {'backbone.bn1.num_batches_tracked': torch.tensor(7)} | random_weights(head)


# From the released test code: its output -> Cityscapes' train id.
PLCA_TRAIN_IDS = {0: 10, 1: 2, 2: 0, 3: 1, 4: 4, 5: 8, 6: 5, 7: 13, 8: 7, 9: 11, 10: 18, 11: 17, 12: 6, 13: 12, 14: 15}
PLCA_TRAIN_IDS |= {15: 3, 16: 9, 17: 14, 18: 16}


@pytest.mark.parametrize('num_classes', [19, 16])
def test_plca_in_cityscapes_order_of_classes(num_classes):
    cfg = tiny_resnet_model(bias=False)
    cfg.decode_head.num_classes = num_classes
    source = official_plca(num_classes)
    result = convert_state_dict(source, 'plca', network_shapes(cfg))
    assert result.complete and not result.dropped
    assert torch.equal(result.state_dict['backbone.layer4.2.conv3.weight'], source['backbone.layer4.2.conv3.weight'])
    train_ids = sorted(PLCA_TRAIN_IDS[theirs] for theirs in range(num_classes))
    for theirs in range(num_classes):
        ours = train_ids.index(PLCA_TRAIN_IDS[theirs])
        for i in range(4):
            released = source[f'classifier.0.convs.{i}.0.weight'][theirs]
            assert torch.equal(result.state_dict[f'decode_head.convs.{i}.weight'][ours], released)


def test_plca_of_other_classes_is_refused():
    with pytest.raises(UserError, match='5 classes'):
        convert_state_dict(official_plca(5), 'plca', network_shapes(tiny_resnet_model(bias=False)))


def test_command_reads_plcas_files(tmp_path):
    cfg = tiny_resnet_model(bias=False)
    cfg.decode_head.num_classes = 19
    Config(dict(model=cfg)).dump(tmp_path / 'plca.py')
    torch.save(dict(weights=official_plca(19)), tmp_path / 'released.weights')
    args = ('--from', 'plca', '--config', tmp_path / 'plca.py')
    done = run_converter(tmp_path / 'released.weights', tmp_path / 'converted.pth', *args)
    assert done.returncode == 0, done.stdout + done.stderr
    load_checkpoint(MODELS.build(cfg), str(tmp_path / 'converted.pth'), strict=True)


VGG16_CONVS = {0: 64, 2: 64, 5: 128, 7: 128, 10: 256, 12: 256, 14: 256} | dict.fromkeys((17, 19, 21, 24, 26, 28), 512)


def vgg_features(indices: dict[int, int]) -> dict[str, tuple[int, ...]]:
    shapes, before = {}, 3
    for index, channels in indices.items():
        shapes[f'features.{index}.weight'] = (channels, before, 3, 3)
        shapes[f'features.{index}.bias'] = (channels,)
        before = channels
    return shapes


def test_torchvision_vgg16_into_deeplab_gives_torchvisions_features():
    shapes = vgg_features(VGG16_CONVS)
    shapes.update({'classifier.0.weight': (3, 4), 'classifier.6.bias': (10,)})
    source = random_weights(shapes)
    cfg = base_model('deeplabv2_vgg16')
    result = convert_state_dict(source, 'vgg16', network_shapes(cfg))
    assert result.complete and len(result.dropped) == 2
    assert {key.split('.')[0] for key in result.filled} == {'neck', 'decode_head'}
    for stage, position, index in ((0, 2, 2), (2, 4, 14), (3, 0, 17), (4, 4, 28)):
        ours = result.state_dict[f'backbone.stages.{stage}.{position}.weight']
        assert torch.equal(ours, source[f'features.{index}.weight'])


@pytest.mark.parametrize('layout', ['adaptsegnet', 'dast'])
def test_deeplab_vgg(layout):
    indices = {i if i < 23 else i - 1: c for i, c in VGG16_CONVS.items()} | {29: 1024, 31: 1024}
    shapes = vgg_features(indices)
    shapes.update({f'classifier.conv2d_list.{i}.weight': (19, 1024, 3, 3) for i in range(4)})
    shapes.update({f'classifier.conv2d_list.{i}.bias': (19,) for i in range(4)})
    source = random_weights(shapes)
    if layout == 'dast':
        starts = {29: 'layer4', 21: 'layer3', 16: 'layer2', 0: 'layer1'}
        renamed = {}
        for key, value in source.items():
            if key.startswith('features.'):
                _, index, leaf = key.split('.')
                start = next(start for start in starts if start <= int(index))
                key = f'{starts[start]}.{int(index) - start}.{leaf}'
            renamed[key] = value
        inputs = renamed
    else:
        inputs = source
    cfg = base_model('deeplabv2_vgg16')
    assert convert_state_dict(inputs, 'deeplab_vgg', network_shapes(cfg)).missing
    cfg.decode_head.num_branches = 2
    result = convert_state_dict(inputs, 'deeplab_vgg', network_shapes(cfg))
    assert result.complete
    for ours, theirs in (
        ('neck.fc6', 'features.29'),
        ('neck.fc7', 'features.31'),
        ('backbone.stages.4.0', 'features.23'),
        ('backbone.stages.3.4', 'features.21'),
        ('decode_head.convs.1', 'classifier.conv2d_list.1'),
    ):
        assert torch.equal(result.state_dict[f'{ours}.weight'], source[f'{theirs}.weight'])


def test_fully_connected_layers_become_the_same_convolutions():
    shapes = vgg_features(VGG16_CONVS)
    for index, size in ((0, (4096, 512 * 7 * 7)), (3, (4096, 4096)), (6, (10, 4096))):
        shapes[f'classifier.{index}.weight'] = size
        shapes[f'classifier.{index}.bias'] = size[:1]
    source = {key: torch.empty(shape, device='meta') for key, shape in shapes.items()}
    weight = torch.randn(4096, 512 * 7 * 7)
    source['classifier.0.weight'] = weight
    result = convert_state_dict(source, 'vgg16', network_shapes(base_model('fcn8s_vgg16')))
    assert result.complete
    # A flattened feature map lists its channels first, as a convolution's weight does.
    assert torch.equal(result.state_dict['backbone.fc6.weight'], weight.view(4096, 512, 7, 7))


def test_unknown_format():
    with pytest.raises(UserError, match='deeplab_resnet'):
        convert_state_dict({}, 'caffe', {})


def test_discriminators():
    cfg = tiny_resnet_model()
    cfg.adaptations = dict(
        attention=dict(type='DiscriminatorAttention', discriminator=dict(type='FeatureDiscriminator')),
        output=dict(type='OutputSpaceAdversary', discriminator=dict(type='OutputDiscriminator')),
        plain=dict(type='SelfTraining'),
    )
    names = ['attention', 'output']
    shapes = discriminator_shapes(cfg, names)
    entries = {f'adaptations.{name}.discriminator.': f'{i}.' for i, name in enumerate(names)}
    source = random_weights({entries[p] + k.removeprefix(p): s for k, s in shapes.items() for p in entries if p in k})
    result = convert_discriminators(source, names, shapes)
    assert result.complete
    ours = result.state_dict['adaptations.output.discriminator.conv1.weight']
    assert torch.equal(ours, source['1.conv1.weight'])
    assert convert_discriminators(source, names[:1], shapes).unexpected
    with pytest.raises(UserError, match='plain'):
        discriminator_shapes(cfg, ['plain'])


MIT = dict(type='MiT', embed_dims=4, num_layers=(1, 2, 1, 1), num_heads=(1, 2, 2, 2))
DAFORMER = dict(
    type='EncoderDecoder',
    backbone=MIT,
    decode_head=dict(type='DAFormerHead', in_channels=(4, 8, 8, 8), channels=4, embed_dims=4, num_classes=19),
)


def official_mit_shapes(
    dims: tuple[int, ...] = (4, 8, 8, 8), depths: tuple[int, ...] = (1, 2, 1, 1)
) -> dict[str, tuple[int, ...]]:
    """The layout of SegFormer's ``mit_b*.pth``."""
    shapes = {}
    for stage, (dim, before, depth, sr) in enumerate(
        zip(dims, (3, *dims), depths, (8, 4, 2, 1), strict=False), start=1
    ):
        kernel = 7 if stage == 1 else 3
        shapes[f'patch_embed{stage}.proj.weight'] = (dim, before, kernel, kernel)
        shapes[f'patch_embed{stage}.proj.bias'] = (dim,)
        for block in (f'block{stage}.{i}' for i in range(depth)):
            layers = {'attn.q': (dim, dim), 'attn.kv': (2 * dim, dim), 'attn.proj': (dim, dim)}
            layers |= {'mlp.fc1': (4 * dim, dim), 'mlp.fc2': (dim, 4 * dim)}
            layers |= {'mlp.dwconv.dwconv': (4 * dim, 1, 3, 3)}
            if sr > 1:
                layers['attn.sr'] = (dim, dim, sr, sr)
            for name, shape in layers.items():
                shapes[f'{block}.{name}.weight'], shapes[f'{block}.{name}.bias'] = shape, shape[:1]
            for name in ('norm1', 'norm2', *(['attn.norm'] if sr > 1 else [])):
                shapes[f'{block}.{name}.weight'] = shapes[f'{block}.{name}.bias'] = (dim,)
        for name in (f'patch_embed{stage}.norm', f'norm{stage}'):
            shapes[f'{name}.weight'] = shapes[f'{name}.bias'] = (dim,)
    return shapes


def official_mit() -> dict[str, torch.Tensor]:
    return random_weights(official_mit_shapes())


@pytest.mark.parametrize('name', ['daformer_mitb5', 'hrda_mitb5'])
def test_one_file_of_mit_b5_serves_both_networks(name):
    shapes = official_mit_shapes((64, 128, 320, 512), (3, 6, 40, 3)) | {
        'head.weight': (1000, 512),
        'head.bias': (1000,),
    }
    official = {key: torch.empty(shape, device='meta') for key, shape in shapes.items()}
    result = convert_state_dict(official, 'mit', network_shapes(base_model(name)))
    assert result.complete and sorted(result.dropped) == ['head.bias', 'head.weight']
    assert set(result.filled.values()) <= {'classifier, keeps its initialisation', 'counter without effect'}
    assert result.state_dict['backbone.layers.2.1.39.attn.attn.in_proj_weight'].shape == (960, 320)


def test_mit_as_mmsegs_own_tool_converts_it():
    official = official_mit() | random_weights({'head.weight': (10, 8), 'head.bias': (10,)})
    ours = convert_state_dict(official, 'mit', network_shapes(DAFORMER))
    assert ours.complete and set(ours.dropped.values()) == {'ImageNet classifier'}
    assert {key.split('.')[0] for key in ours.filled} == {'decode_head'}
    spec = importlib.util.spec_from_file_location('mit2mmseg', MIT_TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    theirs = tool.convert_mit(official)
    assert {f'backbone.{key}' for key in theirs} == {key for key in ours.state_dict if key.startswith('backbone.')}
    for key, value in theirs.items():
        assert torch.equal(ours.state_dict[f'backbone.{key}'], value), key
    # and what MMSeg hosts, converted already
    again = convert_state_dict(theirs, 'mit', network_shapes(DAFORMER))
    assert again.complete and again.state_dict.keys() == ours.state_dict.keys()


def test_released_daformer_on_resnet():
    """Its ResNets and heads have MMSeg's names."""
    backbone = dict(type='ResNetV1c', depth=50, base_channels=4, stem_channels=4)
    cfg = dict(backbone=backbone, decode_head=dict(type='FCNHead', in_channels=128, channels=4, num_classes=5))
    shapes = network_shapes(cfg)
    result = convert_state_dict(random_weights({f'model.{k}': v for k, v in shapes.items()}), 'daformer', shapes)
    assert result.complete and result.state_dict.keys() == shapes.keys()


@pytest.mark.parametrize('heads', [('decode_head',), ('decode_head.head', 'decode_head.scale_attention')])
def test_deeplabv2_of_daformers_code(heads):
    """Its head is made of MMSeg's ASPP: other names, the same convolutions."""
    head = dict(type='DeepLabV2Head', in_channels=128, num_classes=5, num_branches=2)
    backbone = dict(type='ResNetV1c', depth=50, base_channels=4, stem_channels=4)
    cfg = dict(backbone=backbone, decode_head=head)
    if len(heads) == 2:
        cfg = dict(
            backbone=dict(type='MultiResolution', backbone=backbone),
            decode_head=dict(type='HRDAHead', num_classes=5, head=head, attention=head),
        )
    shapes = network_shapes(cfg)
    released = {
        f'model.{key}'.replace('.backbone.backbone.', '.backbone.').replace('.convs.', '.aspp_modules.'): value
        for key, value in random_weights(shapes).items()
    }
    for place in heads:
        for i, leaf in ((0, 'weight'), (0, 'bias'), (1, 'weight'), (1, 'bias')):
            name = f'model.{place}.aspp_modules.{i}'
            released[f'{name}.conv.{leaf}'] = released.pop(f'{name}.{leaf}')
    result = convert_state_dict(released, 'daformer', shapes)
    assert result.complete and result.state_dict.keys() == shapes.keys()
    for place in heads:
        branch = released[f'model.{place}.aspp_modules.1.conv.weight']
        assert torch.equal(result.state_dict[f'{place}.convs.1.weight'], branch)


HRDA = dict(
    DAFORMER,
    backbone=dict(type='MultiResolution', backbone=MIT),
    decode_head=dict(
        type='HRDAHead',
        num_classes=19,
        head=DAFORMER['decode_head'],
        attention=dict(DAFORMER['decode_head'], fusion='conv1'),
    ),
)


def test_hrda_takes_the_same_files():
    """The ImageNet weights go to the inner backbone by its prefix, a released checkpoint to all of the network."""
    official = official_mit()
    backbone = convert_state_dict(official, 'mit', network_shapes(HRDA))
    assert backbone.complete
    assert all(key.startswith('backbone.layers.') for key in backbone.state_dict)
    head = {k: v for k, v in network_shapes(HRDA).items() if k.startswith('decode_head.')}
    released = {f'model.backbone.{k}': v for k, v in official.items()}
    released |= {f'model.{k}': v for k, v in random_weights(head).items()}
    result = convert_state_dict(released, 'daformer', network_shapes(HRDA))
    assert result.complete
    MODELS.build(HRDA).load_state_dict(result.state_dict, strict=True)


@pytest.mark.parametrize(('source_format', 'model'), [('daformer', 'model'), ('daformer_teacher', 'ema_model')])
def test_released_daformer(tmp_path, source_format, model):
    """A checkpoint of three networks through the command: every key is accounted for, the one asked for is taken."""
    head = {k: v for k, v in network_shapes(DAFORMER).items() if k.startswith('decode_head.')}
    released = {}
    for i, name in enumerate(('model', 'ema_model', 'imnet_model')):
        network = {f'backbone.{k}': v for k, v in official_mit().items()} | random_weights(head)
        released |= {f'{name}.{k}': v + i for k, v in network.items()}
    Config(dict(model=DAFORMER)).dump(tmp_path / 'daformer.py')
    torch.save(dict(state_dict=released), tmp_path / 'iter_40000.pth')
    output = tmp_path / 'converted.pth'
    args = ('--from', source_format, '--config', tmp_path / 'daformer.py')
    done = run_converter(tmp_path / 'iter_40000.pth', output, *args)
    assert done.returncode == 0, done.stdout + done.stderr
    network = MODELS.build(DAFORMER)
    load_checkpoint(network, str(output), strict=True)
    assert torch.equal(network.decode_head.conv_seg.weight, released[f'{model}.decode_head.conv_seg.weight'])
    q, kv = (released[f'{model}.backbone.block2.1.attn.{name}.weight'] for name in ('q', 'kv'))
    assert torch.equal(network.backbone.layers[1][1][1].attn.attn.in_proj_weight, torch.cat([q, kv]))
    released.pop(f'{model}.backbone.block2.1.attn.kv.weight')
    assert not convert_state_dict(released, source_format, network_shapes(DAFORMER)).complete


def run_converter(*args: object) -> subprocess.CompletedProcess:
    script = ROOT / 'tools' / 'model_converters' / 'convert_weights.py'
    return subprocess.run([sys.executable, script, *map(str, args)], capture_output=True, text=True, cwd=ROOT)


@pytest.fixture
def tiny_config(tmp_path) -> Path:
    cfg = tiny_resnet_model()
    cfg.adaptations = dict(
        output=dict(
            type='OutputSpaceAdversary',
            discriminator=dict(type='OutputDiscriminator', channels=(4,)),
        )
    )
    path = tmp_path / 'tiny.py'
    Config(dict(model=cfg)).dump(path)
    return path


def test_command_writes_a_loadable_checkpoint(tmp_path, tiny_config):
    source = official_resnet(dict(layer5=128))
    torch.save(source, tmp_path / 'released.pth')
    discriminator = random_weights(
        {'conv1.weight': (4, 5, 4, 4), 'conv1.bias': (4,)}
        | {'classifier.weight': (1, 4, 4, 4), 'classifier.bias': (1,)}
    )
    torch.save(discriminator, tmp_path / 'D.pth')
    output = tmp_path / 'checkpoints' / 'converted.pth'
    args = ('--from', 'deeplab_resnet', '--config', tiny_config)
    done = run_converter(tmp_path / 'released.pth', output, *args, '--discriminators', tmp_path / 'D.pth', 'output')
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'keeps its initial value' not in done.stdout
    assert 'converted' in done.stdout and 'counter without effect' in done.stdout

    model = MODELS.build(Config.fromfile(tiny_config).model)
    checkpoint = load_checkpoint(model, str(output), strict=True)
    assert set(checkpoint['meta']['sha256']) == {'released.pth', 'D.pth'}
    assert torch.equal(model.backbone.conv1.weight, source['conv1.weight'])
    weight = model.adaptations['output'].discriminator.classifier.weight
    assert torch.equal(weight, discriminator['classifier.weight'])


def test_command_writes_nothing_when_keys_are_left_over(tmp_path, tiny_config):
    source = official_resnet(dict(layer5=128))
    source['surprise'] = torch.zeros(1)
    torch.save(source, tmp_path / 'released.pth')
    folder = tmp_path / 'out'
    folder.mkdir()
    args = ('--from', 'deeplab_resnet', '--config', tiny_config)
    done = run_converter(tmp_path / 'released.pth', folder / 'converted.pth', *args)
    assert done.returncode == 1
    assert 'surprise' in done.stdout and 'not written' in done.stderr
    assert not list(folder.iterdir())


def test_command_does_not_run_code_from_files(tmp_path, tiny_config):
    torch.save(dict(state_dict=Path('x')), tmp_path / 'released.pth')
    args = ('--from', 'deeplab_resnet', '--config', tiny_config)
    done = run_converter(tmp_path / 'released.pth', tmp_path / 'converted.pth', *args)
    assert done.returncode == 1 and 'no file of plain weights' in done.stderr
    done = run_converter(tmp_path / 'absent.pth', tmp_path / 'converted.pth', *args)
    assert done.returncode == 1 and 'does not exist' in done.stderr


BASE_MODELS = sorted(path.stem for path in MODELS_FOLDER.glob('*.py') if 'backbone=' in path.read_text())


@pytest.mark.parametrize('name', BASE_MODELS)
def test_base_models_run_and_every_parameter_gets_a_gradient(name):
    """Parameters without gradients break DDP. On the meta device: shapes and graph only."""
    with on_meta():
        model = MODELS.build(base_model(name))
    with torch.device('meta'):
        features = model.backbone(torch.empty(1, 3, 512, 1024))
        if model.with_neck:
            features = model.neck(features)
        logits = model.decode_head(features)
        if isinstance(logits, HeadOutput):  # of two resolutions
            logits = logits.logits
        logits = model.upsample(logits, (512, 1024))
    assert logits.shape == (1, 19, 512, 1024)
    logits.sum().backward()
    without = [k for k, p in model.named_parameters() if p.requires_grad and p.grad is None]
    assert not without
