# Mapillary Vistas v1.2 (19 classes; images of many sizes, most of them 4:3) as the target, for children of configs on
# Cityscapes: docs/targets.md. The size is our choice.
mapillary_root = 'data/mapillary'
mapillary_resize = dict(type='Resize', scale=(1024, 768), keep_ratio=False, backend='pillow', interpolation='bicubic')
mapillary_target = dict(
    data_root=mapillary_root,
    data_prefix=dict(img_path='training/images'),
    img_suffix='.jpg',
    pipeline=[
        dict(type='LoadImageFromFile'),
        mapillary_resize,
        dict(type='LoadPseudoLabels'),
        dict(type='PackDomainInputs'),
    ],
)
mapillary_labeled = dict(
    type='MapillaryTrainIdDataset',
    data_root=mapillary_root,
    data_prefix=dict(img_path='validation/images', seg_map_path='validation/v1.2/labels'),
    pipeline=[
        dict(type='LoadImageFromFile'),
        mapillary_resize,
        dict(type='LoadAnnotations'),
        dict(type='PackSegInputs'),
    ],
)
