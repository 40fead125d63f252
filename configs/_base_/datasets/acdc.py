# ACDC (fog, night, rain and snow; 1920x1080) as the target, for children of configs on Cityscapes: docs/targets.md.
# One condition: only='night/train/*' and only='night/val/*'. The size is DAFormer's.
acdc_root = 'data/acdc'
acdc_resize = dict(type='Resize', scale=(960, 540), keep_ratio=False, backend='pillow', interpolation='bicubic')
acdc_target = dict(
    data_root=acdc_root,
    data_prefix=dict(img_path='rgb_anon'),
    img_suffix='_rgb_anon.png',
    only='*/train/*',
    pipeline=[
        dict(type='LoadImageFromFile'),
        acdc_resize,
        dict(type='LoadPseudoLabels'),
        dict(type='PackDomainInputs'),
    ],
)
acdc_labeled = dict(
    type='ACDCDataset',
    data_root=acdc_root,
    data_prefix=dict(img_path='rgb_anon', seg_map_path='gt'),
    only='*/val/*',
    pipeline=[
        dict(type='LoadImageFromFile'),
        acdc_resize,
        dict(type='LoadAnnotations'),
        dict(type='PackSegInputs'),
    ],
)
