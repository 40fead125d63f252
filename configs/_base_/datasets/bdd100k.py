# BDD100K (the 10k images with semantic labels, at their own 1280x720) as the target, for children of configs on
# Cityscapes: docs/targets.md.
bdd100k_root = 'data/bdd100k'
bdd100k_resize = dict(type='Resize', scale=(1280, 720), keep_ratio=False, backend='pillow', interpolation='bicubic')
bdd100k_target = dict(
    data_root=bdd100k_root,
    data_prefix=dict(img_path='images/10k/train'),
    img_suffix='.jpg',
    pipeline=[
        dict(type='LoadImageFromFile'),
        bdd100k_resize,
        dict(type='LoadPseudoLabels'),
        dict(type='PackDomainInputs'),
    ],
)
bdd100k_labeled = dict(
    type='TrainIdDataset',
    data_root=bdd100k_root,
    data_prefix=dict(img_path='images/10k/val', seg_map_path='labels/sem_seg/masks/val'),
    img_suffix='.jpg',
    seg_map_suffix='.png',
    pipeline=[
        dict(type='LoadImageFromFile'),
        bdd100k_resize,
        dict(type='LoadAnnotations'),
        dict(type='PackSegInputs'),
    ],
)
