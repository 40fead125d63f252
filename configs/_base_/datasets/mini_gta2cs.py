# MiniCity's game look in GTA5's layout -> its camera look in Cityscapes' layout, at 256x128 (as it is rendered: Resize
# only matters for sets rendered larger). Settings are chosen on `val`; `test` is for reporting.
_base_ = './gta2cs.py'

cityscapes_root = 'data/minicity/cityscapes'
gta_root = 'data/minicity/gta'
mini_resize = dict(_base_.cityscapes_resize, scale=(256, 128))

source_pipeline = [*_base_.source_pipeline[:-2], mini_resize, _base_.source_pipeline[-1]]
target_pipeline = [_base_.target_pipeline[0], mini_resize, *_base_.target_pipeline[2:]]
multi_scale_pipeline = [
    target_pipeline[0],
    dict(_base_.multi_scale_pipeline[1], scales=[(width, width // 2) for width in (192, 256, 320)]),
    _base_.multi_scale_pipeline[2],
    dict(type='RandomCrop', crop_size=(96, 192)),
    target_pipeline[-1],
]
fourier_style = dict(img_dir=f'{cityscapes_root}/leftImg8bit/train')
cityscapes_target = dict(data_root=cityscapes_root, pipeline=target_pipeline)
train_dataloader = dict(
    batch_size=4,
    num_workers=2,
    dataset=dict(source=dict(data_root=gta_root, pipeline=source_pipeline), target=cityscapes_target),
)

test_pipeline = [_base_.test_pipeline[0], mini_resize, *_base_.test_pipeline[2:]]
val_dataloader = dict(batch_size=4, dataset=dict(data_root=cityscapes_root, pipeline=test_pipeline))
test_dataloader = dict(
    batch_size=4,
    dataset=dict(
        data_root=cityscapes_root,
        data_prefix=dict(img_path='leftImg8bit/test', seg_map_path='gtFine/test'),
        pipeline=test_pipeline,
    ),
)

tta_resizes, *tta_rest = _base_.tta_pipeline[1].transforms
tta_pipeline = [
    _base_.tta_pipeline[0],
    dict(
        type='TestTimeAug',
        transforms=[
            [dict(tta_resizes[0], scale=(width, width // 2)) for width in (192, 256, 320)],
            *tta_rest,
        ],
    ),
]
