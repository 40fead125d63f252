"""The reach table of docs/networks.md: MMSeg's own model files, made tiny, and the methods that each is tried with."""

from pathlib import Path

import mmseg
from mmengine.config import Config

from tests.conftest import ROOT

MMSEG_CONFIGS = Path(mmseg.__file__).parent / '.mim/configs'
CLASSES = 19

RESNET = dict(depth=18, base_channels=8, stem_channels=8)
HRNET_STAGES = [
    dict(num_modules=1, num_blocks=[1] * branches, num_channels=[8, 16, 24, 32][:branches]) for branches in range(1, 5)
]
VIT = dict(img_size=(64, 64), embed_dims=16, num_layers=4, num_heads=2, out_indices=(0, 1, 2, 3))
SETR_HEAD = dict(type='SETRUPHead', in_channels=16, channels=16, num_classes=CLASSES, norm_cfg=dict(type='BN'))


def mmseg_model(name: str, **changes) -> dict:
    """``model`` of one of MMSeg's files without its pretrained weights, with some of its values changed."""
    path = name if '/' in name else f'_base_/models/{name}'
    cfg = Config.fromfile(MMSEG_CONFIGS / f'{path}.py', import_custom_modules=False)
    cfg.merge_from_dict(dict(model=dict(pretrained=None, **changes)))
    return cfg.model


def aux_fcn(in_channels: int) -> dict:
    return dict(in_channels=in_channels, channels=8)


NETWORKS = {
    'SegFormer (MiT)': lambda: mmseg_model(
        'segformer_mit-b0',
        backbone=dict(embed_dims=8, num_layers=[1, 1, 1, 1], num_heads=[1, 1, 2, 2]),
        decode_head=dict(in_channels=[8, 8, 16, 16], channels=16),
    ),
    'DeepLabV3+': lambda: mmseg_model(
        'deeplabv3plus_r50-d8',
        backbone=RESNET,
        decode_head=dict(in_channels=64, channels=16, c1_in_channels=8, c1_channels=8),
        auxiliary_head=aux_fcn(32),
    ),
    'PSPNet': lambda: mmseg_model(
        'pspnet_r50-d8', backbone=RESNET, decode_head=dict(in_channels=64, channels=16), auxiliary_head=aux_fcn(32)
    ),
    'UPerNet (Swin)': lambda: mmseg_model(
        'upernet_swin',
        backbone=dict(embed_dims=8, depths=[1, 1, 2, 1], num_heads=[1, 1, 2, 2], window_size=4),
        decode_head=dict(in_channels=[8, 16, 32, 64], channels=16),
        auxiliary_head=aux_fcn(32),
    ),
    'UPerNet (ViT)': lambda: mmseg_model(
        'upernet_vit-b16_ln_mln',
        backbone=VIT,
        neck=dict(in_channels=[16] * 4, out_channels=16),
        decode_head=dict(in_channels=[16] * 4, channels=16),
        auxiliary_head=aux_fcn(16),
    ),
    'Segmenter (ViT)': lambda: mmseg_model(
        'segmenter_vit-b16_mask',
        backbone=dict(VIT, out_indices=3),
        decode_head=dict(in_channels=16, channels=16, num_classes=CLASSES, num_heads=2, embed_dims=16),
    ),
    'SETR (ViT)': lambda: mmseg_model(
        'setr_naive',
        backbone=VIT,
        decode_head=SETR_HEAD,
        auxiliary_head=[dict(SETR_HEAD, in_index=i) for i in range(3)],
    ),
    'DPT (ViT)': lambda: mmseg_model(
        'dpt_vit-b16',
        backbone=VIT,
        decode_head=dict(
            in_channels=[16] * 4, channels=16, embed_dims=16, post_process_channels=[8] * 4, num_classes=CLASSES
        ),
    ),
    'HRNet': lambda: mmseg_model(
        'fcn_hr18',
        backbone=dict(extra={f'stage{i}': HRNET_STAGES[i - 1] for i in range(1, 5)}),
        decode_head=dict(in_channels=[8, 16, 24, 32], channels=16),
    ),
    'FastSCNN': lambda: mmseg_model('fast_scnn'),
    'BiSeNetV2': lambda: mmseg_model('bisenetv2'),
    'STDC': lambda: mmseg_model('stdc'),
    '`TIMMBackbone`': lambda: mmseg_model(
        'pspnet_r50-d8',
        backbone=dict(_delete_=True, type='TIMMBackbone', model_name='resnet18', pretrained=False),
        decode_head=dict(in_channels=512, in_index=4, channels=16),
        auxiliary_head=dict(aux_fcn(256), in_index=3),
    ),
    'ViT of mmpretrain (DINOv2)': lambda: mmseg_model(
        'upernet_vit-b16_ln_mln',
        backbone=dict(
            _delete_=True,
            type='mmpretrain.VisionTransformer',
            arch=dict(embed_dims=16, num_layers=4, num_heads=2, feedforward_channels=32),
            patch_size=14,
            layer_scale_init_value=1e-5,
            out_indices=(0, 1, 2, 3),
            out_type='featmap',
        ),
        neck=dict(in_channels=[16] * 4, out_channels=16),
        decode_head=dict(in_channels=[16] * 4, channels=16),
        auxiliary_head=aux_fcn(16),
    ),
}
"""Name in the table -> ``model`` of a plain MMSeg config."""

NO_MAP = {('DPT (ViT)', method) for method in ('DAST', 'MaxCos', 'PLCA')}
"""Cells that are refused, since what the backbone gives is no map."""

REFUSED = {
    'OCRNet': (lambda: mmseg_model('ocrnet_r50-d8'), 'is a cascade of FCNHead and OCRHead'),
    'PointRend': (lambda: mmseg_model('pointrend_r50'), 'is a cascade of FPNHead and PointHead'),
    'Mask2Former': (
        lambda: mmseg_model('mask2former/mask2former_r50_8xb2-160k_ade20k-512x512'),
        r'decode_head\.type is Mask2FormerHead, which does not turn features into a map of logits',
    ),
    'SAN': (lambda: mmseg_model('san_vit-b16'), r'model\.image_encoder, .* no part of an EncoderDecoder'),
    'DANet': (
        lambda: mmseg_model('danet_r50-d8', backbone=RESNET, decode_head=dict(in_channels=64, channels=16)),
        'DAHead. gives 3 maps of logits',
    ),
    'EncNet': (
        lambda: mmseg_model(
            'encnet_r50-d8', backbone=RESNET, decode_head=dict(in_channels=[16, 32, 64], channels=16, num_codes=4)
        ),
        'EncHead. gives 2 maps of logits',
    ),
    'DDRNet': (
        lambda: mmseg_model('ddrnet/ddrnet_23-slim_in1k-pre_2xb6-120k_cityscapes-1024x1024'),
        'DDRHead. gives 2 maps of logits',
    ),
    'PIDNet': (
        lambda: mmseg_model('pidnet/pidnet-s_2xb6-120k_1024x1024-cityscapes'),
        'PIDHead. gives 3 maps of logits',
    ),
}
"""Name in the table of refused networks -> ``model`` of a plain MMSeg config, and what is said."""

NO_BLOCKS = ('BiSeNetV2', 'STDC', '`TIMMBackbone`', 'ViT of mmpretrain (DINOv2)')
"""Networks without blocks for ``activation_checkpointing``."""

NEEDS = {'`TIMMBackbone`': 'timm', 'ViT of mmpretrain (DINOv2)': 'mmpretrain.models'}
"""The module that a network needs besides MMSeg."""

METHODS = {
    'AdaptSegNet': 'adaptseg',
    'DAST': 'dast',
    'MaxCos': 'maxcos',
    'PLCA': 'plca',
    'self-training': 'self_training',
}
"""Name in the table -> fragment."""


def adapted(network: str, method: str) -> dict:
    """``model`` as the page has it: MMSeg's, our type, and the fragment of the method."""
    fragment = METHODS[method]
    cfg = Config(dict(model=NETWORKS[network]()))
    delta = Config.fromfile(ROOT / f'configs/_base_/adaptations/{fragment}.py')[fragment]
    cfg.merge_from_dict(dict(model=dict(type='UDASegmentor', **delta)))
    if method == 'MaxCos':
        cfg.model.adaptations.maxcos.threshold = -1  # random features are not alike
    return cfg.model
