# Vessels of the retina, 2 classes: DRIVE (565x584) -> STARE (700x605), after MMSeg's converters: docs/targets.md.
# STARE's second half is scored, with the labels of its first annotator.
_base_ = './folder_pair.py'

retina = dict(classes=('background', 'vessel'), palette=[[120, 120, 120], [6, 230, 230]])
train_dataloader = dict(
    dataset=dict(
        source=dict(
            data_root='data/DRIVE',
            data_prefix=dict(img_path='images/training', seg_map_path='annotations/training'),
            seg_map_suffix='_manual1.png',
            metainfo=retina,
        ),
        target=dict(data_root='data/STARE', data_prefix=dict(img_path='images/training'), metainfo=retina),
    )
)
val_dataloader = dict(
    dataset=dict(
        data_root='data/STARE',
        data_prefix=dict(img_path='images/validation', seg_map_path='annotations/validation'),
        seg_map_suffix='.ah.png',
        metainfo=retina,
    )
)
test_dataloader = val_dataloader
