# SYNTHIA (1280x760) in place of GTA5, for children of configs on GTA5. The model keeps the 19 outputs; the same
# predictions are scored on the 16 shared classes and on 13 of them.
synthia_source = dict(
    type='SYNTHIADataset',
    data_root='data/synthia',
    data_prefix=dict(img_path='RGB', seg_map_path='GT/LABELS'),
    pipeline=[
        dict(type='LoadImageFromFile'),
        dict(type='LoadAnnotations'),
        dict(type='Resize', scale=(1280, 760), keep_ratio=False, backend='pillow', interpolation='bicubic'),
        dict(type='PackSegInputs'),
    ],
)
# Translated into Cityscapes' look (docs/custom_data.md).
synthia_translated = dict(synthia_source, data_prefix=dict(img_path='RGB_translated', seg_map_path='GT/LABELS'))
synthia_subsets = dict(mIoU16='SYNTHIA_16', mIoU13='SYNTHIA_13')
