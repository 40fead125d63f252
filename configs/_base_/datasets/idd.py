# IDD Segmentation (most images 1920x1080; 19 classes) as the target, for children of configs on Cityscapes:
# docs/targets.md. Part I; images of part II end in _leftImg8bit.jpg. The size is our choice.
idd_root = 'data/idd'
idd_resize = dict(type='Resize', scale=(960, 540), keep_ratio=False, backend='pillow', interpolation='bicubic')
idd_target = dict(
    data_root=idd_root,
    data_prefix=dict(img_path='leftImg8bit/train'),
    img_suffix='_leftImg8bit.png',
    pipeline=[
        dict(type='LoadImageFromFile'),
        idd_resize,
        dict(type='LoadPseudoLabels'),
        dict(type='PackDomainInputs'),
    ],
)
idd_labeled = dict(
    type='IDDDataset',
    data_root=idd_root,
    data_prefix=dict(img_path='leftImg8bit/val', seg_map_path='gtFine/val'),
    pipeline=[
        dict(type='LoadImageFromFile'),
        idd_resize,
        dict(type='LoadAnnotations'),
        dict(type='PackSegInputs'),
    ],
)
