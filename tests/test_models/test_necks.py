import pytest
import torch
from torch.nn.modules.batchnorm import _BatchNorm

from mmseg_uda.models.backbones import DeepLabResNet
from mmseg_uda.models.necks import ResidualTail, VGGTail


def small_resnet(**kwargs) -> DeepLabResNet:
    return DeepLabResNet(depth=50, base_channels=4, stem_channels=4, **kwargs)


def test_split_resnet_equals_the_whole_one():
    torch.manual_seed(0)
    whole, split = small_resnet(), small_resnet(drop_last_blocks=1)
    tail = ResidualTail(channels=128, dilation=4)
    for module in (whole, split, tail):
        module.eval()
    split.load_state_dict(whole.state_dict(), strict=False)
    tail.load_state_dict(whole.layer4[2].state_dict(), strict=True)
    x = torch.randn(1, 3, 33, 49)
    expected, features = whole(x), split(x)
    actual = tail(features)
    assert torch.equal(features[3], whole.layer4[1](whole.layer4[0](expected[2])))
    assert all(torch.equal(a, b) for a, b in zip(actual, expected, strict=True))


def test_tail_reads_its_block_from_a_whole_backbone(tmp_path):
    whole = small_resnet()
    for module in whole.modules():
        if isinstance(module, _BatchNorm):
            torch.nn.init.normal_(module.running_mean)
    state_dict = {f'backbone.{key}': value for key, value in whole.state_dict().items()}
    torch.save(dict(state_dict=state_dict), tmp_path / 'resnet.pth')
    init_cfg = dict(type='Pretrained', checkpoint=str(tmp_path / 'resnet.pth'), prefix='backbone.layer4.2')
    tail = ResidualTail(channels=128, shortcut='conv', init_cfg=init_cfg)
    tail.init_weights()
    assert torch.equal(tail.conv2.weight, whole.layer4[2].conv2.weight)
    assert torch.equal(tail.bn3.running_mean, whole.layer4[2].bn3.running_mean)
    # the shortcut is new: N(0, 0.01), as released
    assert tail.downsample[0].weight.std().item() == pytest.approx(0.01, rel=0.1)


def test_conv_shortcut():
    torch.manual_seed(0)
    tail = ResidualTail(channels=16, shortcut='conv').eval()
    x = torch.randn(1, 16, 5, 5)
    torch.nn.init.zeros_(tail.conv3.weight)
    assert torch.allclose(tail((x,))[0], tail.downsample(x).relu())
    assert not any(p.requires_grad for p in tail.downsample[1].parameters())
    with pytest.raises(ValueError, match='shortcut'):
        ResidualTail(channels=16, shortcut='none')


def test_vgg_tail():
    torch.manual_seed(0)
    tail = VGGTail(in_channels=6, channels=8)
    other, x = torch.randn(1, 3, 9, 9), torch.randn(1, 6, 5, 7)
    features = tail((other, x))
    assert features[0] is other
    assert features[1].shape == (1, 8, 5, 7) and features[1].min() >= 0
    assert tail.fc6.dilation == tail.fc7.dilation == (4, 4)
