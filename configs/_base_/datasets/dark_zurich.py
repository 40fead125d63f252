# Dark Zurich (night; 1920x1080) as the target, for children of configs on Cityscapes: docs/targets.md. The labelled
# images are the 50 of its val split. The size is DAFormer's.
dark_zurich_root = 'data/dark_zurich'
dark_zurich_resize = dict(type='Resize', scale=(960, 540), keep_ratio=False, backend='pillow', interpolation='bicubic')
dark_zurich_target = dict(
    data_root=dark_zurich_root,
    data_prefix=dict(img_path='rgb_anon/train/night'),
    img_suffix='_rgb_anon.png',
    pipeline=[
        dict(type='LoadImageFromFile'),
        dark_zurich_resize,
        dict(type='LoadPseudoLabels'),
        dict(type='PackDomainInputs'),
    ],
)
dark_zurich_labeled = dict(
    type='TrainIdDataset',
    data_root=dark_zurich_root,
    data_prefix=dict(img_path='rgb_anon/val/night', seg_map_path='gt/val/night'),
    img_suffix='_rgb_anon.png',
    seg_map_suffix='_gt_labelTrainIds.png',
    pipeline=[
        dict(type='LoadImageFromFile'),
        dark_zurich_resize,
        dict(type='LoadAnnotations'),
        dict(type='PackSegInputs'),
    ],
)
