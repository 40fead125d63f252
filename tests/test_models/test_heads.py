import pytest
import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

from mmseg_uda.models.decode_heads import DeepLabV2Head, FCN8sHead
from mmseg_uda.models.decode_heads.fcn8s_head import bilinear_kernel
from tests.conftest import ROOT


def sample(label: torch.Tensor) -> SegDataSample:
    return SegDataSample(gt_sem_seg=PixelData(data=label[None]))


def scattered_labels(size: tuple[int, int]) -> torch.Tensor:
    torch.manual_seed(1)
    label = torch.randint(0, 5, size)
    label[torch.rand(size) < 0.7] = 255
    return label


@pytest.mark.parametrize('num_branches', [1, 2, 4])
def test_deeplab_sums_exactly_its_branches(num_branches):
    head = DeepLabV2Head(8, num_classes=5, num_branches=num_branches)
    x = torch.randn(1, 8, 9, 9)
    expected = sum(
        F.conv2d(x, conv.weight, conv.bias, padding=d, dilation=d)
        for conv, d in zip(head.convs, (6, 12, 18, 24), strict=False)
    )
    assert torch.allclose(head((x,)), expected, atol=1e-6)


def test_deeplab_every_parameter_gets_a_gradient():
    head = DeepLabV2Head(8, num_classes=5, num_branches=2)
    assert sorted(dict(head.named_parameters())) == [
        'convs.0.bias',
        'convs.0.weight',
        'convs.1.bias',
        'convs.1.weight',
    ]
    losses = head.loss((torch.randn(1, 8, 9, 9),), [sample(scattered_labels((33, 33)))], {})
    losses['loss_ce'].backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in head.parameters())


def test_deeplab_initialisation_and_bias():
    head = DeepLabV2Head(64, num_classes=19, bias=False)
    head.init_weights()
    assert all(conv.bias is None for conv in head.convs)
    assert head.convs[3].weight.std().item() == pytest.approx(0.01, rel=0.05)


def test_deeplab_of_plca_starts_as_pytorch_initialises():
    """The released head has no initialisation of its own."""
    model = Config.fromfile(ROOT / 'configs/_base_/models/deeplabv2_r101_plca.py').model
    head = MODELS.build(model.decode_head)
    default = head.convs[0].weight.detach().clone()
    head.init_weights()
    weight = head.convs[0].weight
    assert head.convs[0].bias is None and not torch.equal(weight, default)
    bound = (2048 * 9) ** -0.5
    for values in (weight, default):
        assert values.abs().max().item() == pytest.approx(bound, rel=1e-3)
        assert values.std().item() == pytest.approx(bound / 3**0.5, rel=0.01)


def test_deeplab_reads_the_level_it_is_told():
    head = DeepLabV2Head(4, num_classes=5, in_index=1)
    features = (torch.randn(1, 2, 3, 3), torch.randn(1, 4, 5, 5), torch.randn(1, 8, 7, 7))
    assert head(features).shape == (1, 5, 5, 5)


def test_deeplab_loss_is_averaged_over_labelled_pixels():
    head = DeepLabV2Head(8, num_classes=5)
    features, label = (torch.randn(1, 8, 9, 9),), scattered_labels((33, 33))
    logits = F.interpolate(head(features), (33, 33), mode='bilinear', align_corners=True)
    expected = F.cross_entropy(logits, label[None], ignore_index=255)
    assert torch.allclose(head.loss(features, [sample(label)], {})['loss_ce'], expected)


def test_deeplab_rejects_impossible_branches():
    with pytest.raises(ValueError, match='num_branches'):
        DeepLabV2Head(8, num_classes=5, num_branches=5)


def fcn_head(**kwargs) -> FCN8sHead:
    return FCN8sHead(num_classes=5, in_channels=(4, 6, 8), **kwargs)


def fcn_features() -> tuple[torch.Tensor, ...]:
    """Sizes of a 64x96 input."""
    torch.manual_seed(0)
    return torch.randn(1, 4, 33, 37), torch.randn(1, 6, 17, 19), torch.randn(1, 8, 3, 4)


def test_fcn_upsampling_is_bilinear_and_frozen_by_default():
    head = fcn_head()
    head.init_weights()
    names = ('upscore_fc7', 'upscore_pool4', 'upscore')
    layers = [head.get_submodule(name) for name in names]
    for layer, size in zip(layers, (4, 4, 16), strict=True):
        assert torch.equal(layer.weight, bilinear_kernel(5, size))
        assert not layer.weight.requires_grad
    assert head.score_fc7.weight.abs().max() == 0  # as released
    assert all(
        head.get_submodule(name).weight.requires_grad
        for head in [fcn_head(trainable_upsampling=True)]
        for name in names
    )


def test_bilinear_kernel_upsamples_bilinearly():
    x = torch.randn(1, 2, 6, 6)
    actual = F.conv_transpose2d(x, bilinear_kernel(2, 4), stride=2)[:, :, 1:-1, 1:-1]
    expected = F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=False)
    assert torch.allclose(actual[:, :, 2:-2, 2:-2], expected[:, :, 2:-2, 2:-2], atol=1e-6)


def test_fcn_upsample_is_identity_at_its_size():
    head = fcn_head()
    logits = torch.randn(1, 5, 64, 96)
    assert head.upsample(logits, (64, 96)) is logits
    assert head.upsample(torch.randn(1, 5, 18, 22), torch.Size((64, 96))).shape == logits.shape
    with pytest.raises(ValueError, match='another size'):
        head.upsample(torch.randn(1, 5, 5, 5), (64, 96))


def test_fcn_loss_and_prediction_go_through_upsample():
    head = fcn_head(trainable_upsampling=True)
    features, label = fcn_features(), scattered_labels((64, 96))
    scores = head(features)
    full = head.upsample(scores, (64, 96))
    expected = F.cross_entropy(full, label[None], ignore_index=255)
    loss = head.loss_by_feat(scores, [sample(label)])['loss_ce']
    assert torch.allclose(loss, expected)
    assert torch.equal(loss, head.loss_by_feat(full, [sample(label)])['loss_ce'])
    loss.backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in head.parameters())

    metas = [
        dict(img_shape=(60, 90), pad_shape=(64, 96)),
        dict(img_shape=(64, 96)),
        dict(img_shape=torch.Size((64, 96)), pad_shape=(128, 96)),
    ]
    for meta in metas:
        assert torch.equal(head.predict_by_feat(scores, [meta]), full)
