# LoveDA, rural -> urban, 7 classes, 1024x1024, in its archives' layout: docs/targets.md. In the files 0 is ignored,
# classes begin at 1. The target is the urban part of Train; LoveDA's own challenge adapts to that of Val.
_base_ = './folder_pair.py'

loveda = dict(
    classes=('background', 'building', 'road', 'water', 'barren', 'forest', 'agricultural'),
    palette=[
        *([255, 255, 255], [255, 0, 0], [255, 255, 0], [0, 0, 255]),
        *([159, 129, 183], [0, 255, 0], [255, 195, 128]),
    ],
)
loveda_root = 'data/loveda'
train_dataloader = dict(
    dataset=dict(
        source=dict(
            data_root=loveda_root,
            data_prefix=dict(img_path='Train/Rural/images_png', seg_map_path='Train/Rural/masks_png'),
            metainfo=loveda,
            reduce_zero_label=True,
        ),
        target=dict(data_root=loveda_root, data_prefix=dict(img_path='Train/Urban/images_png'), metainfo=loveda),
    )
)
val_dataloader = dict(
    dataset=dict(
        data_root=loveda_root,
        data_prefix=dict(img_path='Val/Urban/images_png', seg_map_path='Val/Urban/masks_png'),
        metainfo=loveda,
        reduce_zero_label=True,
    )
)
test_dataloader = val_dataloader
