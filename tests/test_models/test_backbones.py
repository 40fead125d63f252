import pytest
import torch
import torch.nn.functional as F
from mmseg.models.backbones import ResNet
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmseg_uda.errors import UserError
from mmseg_uda.models.backbones import DeepLabResNet, DeepLabVGG, FCN8sVGG, MiT, image_support
from mmseg_uda.models.backbones.fcn8s_vgg import CELL_CENTRES
from mmseg_uda.utils.meta import on_meta

from .largest_tensor import LargestTensor


def test_resnet_levels_and_ceil_mode():
    with torch.device('meta'):
        features = DeepLabResNet(depth=50)(torch.empty(1, 3, 65, 97))
        floor = ResNet(50, strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4))(torch.empty(1, 3, 67, 99))
        ceil = DeepLabResNet(depth=50)(torch.empty(1, 3, 67, 99))
    assert [tuple(feature.shape[1:]) for feature in features] == [
        (256, 17, 25),
        (512, 9, 13),
        (1024, 9, 13),
        (2048, 9, 13),
    ]
    assert floor[0].shape[2:] == (17, 25)
    assert ceil[0].shape[2:] == (18, 26)


def test_resnet_is_caffe_style_and_dilates_every_block():
    net = DeepLabResNet(depth=50)
    assert net.layer2[0].conv1.stride == (2, 2) and net.layer2[0].conv2.stride == (1, 1)
    assert [block.conv2.dilation[0] for block in net.layer3] == [2] * 6
    assert [block.conv2.dilation[0] for block in net.layer4] == [4] * 3


def test_resnet_freezes_affine_parameters_but_not_statistics():
    net = DeepLabResNet(depth=50, base_channels=4, stem_channels=4)
    norms = [module for module in net.modules() if isinstance(module, _BatchNorm)]
    assert all(not parameter.requires_grad for norm in norms for parameter in norm.parameters())
    before = norms[0].running_mean.clone()
    net(torch.randn(1, 3, 33, 33))
    assert not torch.equal(before, norms[0].running_mean)


def test_resnet_without_its_last_block():
    assert len(DeepLabResNet(depth=50, drop_last_blocks=1).layer4) == 2
    with pytest.raises(ValueError, match='drop_last_blocks'):
        DeepLabResNet(depth=50, drop_last_blocks=3)


def test_resnet_refuses_reentrant_checkpointing():
    with pytest.raises(ValueError, match='activation_checkpointing'):
        DeepLabResNet(depth=50, with_cp=True)


def test_deeplab_vgg_has_stride_8_and_no_last_pools():
    net = DeepLabVGG()
    convs = [module for module in net.modules() if isinstance(module, nn.Conv2d)]
    assert len(convs) == 13
    assert [conv.dilation[0] for conv in convs] == [1] * 10 + [2] * 3
    assert sum(isinstance(module, nn.MaxPool2d) for module in net.modules()) == 3
    with torch.device('meta'):
        (feature,) = DeepLabVGG()(torch.empty(2, 3, 64, 104))
    assert feature.shape == (2, 512, 8, 13)


def test_fcn8s_features():
    with torch.device('meta'):
        features = FCN8sVGG()(torch.empty(1, 3, 512, 1024))
    assert [tuple(feature.shape[1:]) for feature in features] == [
        (256, 89, 153),
        (512, 45, 77),
        (4096, 17, 33),
    ]


def test_fcn8s_dropout_only_in_training():
    net = FCN8sVGG()
    assert isinstance(net.dropout, nn.Dropout2d) and net.dropout.p == 0.5
    # That of fc7 is the head's, so that fc7 is seen before it; or the backbone's.
    assert net.fc7_dropout.p == 0 and FCN8sVGG(fc7_dropout=0.5).fc7_dropout.p == 0.5


@pytest.mark.parametrize('name', list(CELL_CENTRES))
def test_image_support_is_where_the_gradient_of_the_centre_is(name):
    """The middle of a cell's receptive field is the pixel that ``image_support`` assumes."""
    torch.manual_seed(0)
    net = nn.ModuleList(
        nn.Sequential(
            nn.Conv2d(1, 1, 3, padding=100 if i == 0 else 1),
            *(nn.Conv2d(1, 1, 3, padding=1) for _ in range(n - 1)),
            nn.AvgPool2d(2, 2, ceil_mode=True),
        )
        for i, n in enumerate((2, 2, 3, 3, 3))
    ).double()
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            module.weight.data.fill_(1 / 9)
    x = torch.zeros(1, 1, 800, 800, dtype=torch.double, requires_grad=True)
    stages = [x]
    for stage in net:
        stages.append(stage(stages[-1]))
    rows, _ = image_support(name, (800, 800))
    k = (rows.start + rows.stop) // 2
    stride, offset = CELL_CENTRES[name]
    features = dict(pool3=stages[3], score=stages[3], pool4=stages[4], fc7=F.avg_pool2d(stages[5], 7, stride=1))
    cell = k + 9 if name == 'score' else k  # the score is pool3 cropped at 9
    (gradient,) = torch.autograd.grad(features[name][0, 0, cell, cell], x)
    weights = gradient[0, 0].sum(1)
    centre = (weights * torch.arange(800)).sum() / weights.sum()
    assert centre.item() == pytest.approx(stride * k + offset, abs=1e-6)


@pytest.mark.parametrize('size', [(512, 1024), (720, 1280), (24, 40), (97, 65)])
def test_image_support_lies_on_every_map(size):
    with torch.device('meta'):
        pool3, pool4, fc7 = FCN8sVGG()(torch.empty(1, 3, *size))
    score = (2 * (2 * fc7.shape[2] + 2) + 2, 2 * (2 * fc7.shape[3] + 2) + 2)
    shapes = dict(pool3=pool3.shape[2:], pool4=pool4.shape[2:], fc7=fc7.shape[2:], score=score)
    for name, shape in shapes.items():
        for cells, available, pixels in zip(image_support(name, size), shape, size, strict=True):
            stride = dict(pool4=16, fc7=32).get(name, 8)
            assert 0 <= cells.start < cells.stop <= available
            assert abs((cells.stop - cells.start) - pixels / stride) <= 1


def test_image_support_rejects_unknown_maps():
    with pytest.raises(ValueError, match='pool3'):
        image_support('conv1', (64, 64))


@pytest.mark.parametrize(('size', 'millions', 'channels'), [('b0', 3.3, 256), ('b5', 81.4, 512)])
def test_mit_sizes(size, millions, channels):
    with on_meta():
        network = MiT(size=size)
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(millions, abs=0.1)
    assert network.layers[3][2].normalized_shape == (channels,)
    rates = [block.attn.dropout_layer.drop_prob for _, blocks, _ in network.layers for block in blocks]
    assert rates[0] == 0 and rates[-1] == pytest.approx(0.1)


def test_mit_epsilons():
    network = MiT(embed_dims=4, num_layers=(1, 1, 1, 1), num_heads=(1, 2, 2, 2))
    epsilons = {name: m.eps for name, m in network.named_modules() if isinstance(m, nn.LayerNorm)}
    coarse = {name for name, eps in epsilons.items() if eps == 1e-5}
    assert coarse == {f'layers.{i}.0.norm' for i in range(4)} | {f'layers.{i}.1.0.attn.norm' for i in range(3)}
    assert {eps for name, eps in epsilons.items() if name not in coarse} == {1e-6}


def test_mit_makes_no_map_of_attention():
    network = MiT(embed_dims=2, num_layers=(1, 1, 1, 1), num_heads=(1, 2, 2, 2))
    images = torch.randn(1, 3, 256, 256)
    with LargestTensor() as largest:
        sum(level.sum() for level in network(images)).backward()
    pixels, keys = (256 // 4) ** 2, (256 // 32) ** 2
    assert 0 < largest.elements < pixels * keys


def test_mit_of_an_unknown_size():
    with pytest.raises(UserError, match='MiT: size'):
        MiT(size='b6')
