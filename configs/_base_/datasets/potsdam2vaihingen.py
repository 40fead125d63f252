# ISPRS Potsdam -> Vaihingen, 6 classes, tiles of 512x512 as MMSeg's converters cut them: docs/targets.md. Both hold
# infrared, red and green (Potsdam: 3_Ortho_IRRG.zip) in the place of red, green and blue. A pixel of Potsdam is 5 cm
# wide, one of Vaihingen 9 cm. In the files 0 is ignored, classes begin at 1.
_base_ = './folder_pair.py'

isprs = dict(
    classes=('impervious_surface', 'building', 'low_vegetation', 'tree', 'car', 'clutter'),
    palette=[[255, 255, 255], [0, 0, 255], [0, 255, 255], [0, 255, 0], [255, 255, 0], [255, 0, 0]],
)
train_dataloader = dict(
    batch_size=4,
    dataset=dict(
        source=dict(
            data_root='data/potsdam_irrg',
            data_prefix=dict(img_path='img_dir/train', seg_map_path='ann_dir/train'),
            metainfo=isprs,
            reduce_zero_label=True,
        ),
        target=dict(data_root='data/vaihingen', data_prefix=dict(img_path='img_dir/train'), metainfo=isprs),
    ),
)
val_dataloader = dict(
    dataset=dict(
        data_root='data/vaihingen',
        data_prefix=dict(img_path='img_dir/val', seg_map_path='ann_dir/val'),
        metainfo=isprs,
        reduce_zero_label=True,
    )
)
test_dataloader = val_dataloader
val_evaluator = dict(subsets=dict(mIoU5=isprs['classes'][:5]))  # papers differ in whether clutter counts
test_evaluator = val_evaluator
