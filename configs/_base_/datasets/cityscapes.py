# Cityscapes as the target: images alone for training, labels only to score.
# The lineage trains and predicts at 1024x512 and scores at the labels' 2048x1024. Pillow's resampling,
# because OpenCV's bicubic does not antialias and its nearest picks other pixels. No augmentation.
_base_ = './loaders.py'

cityscapes_root = 'data/cityscapes'
cityscapes_resize = dict(type='Resize', scale=(1024, 512), keep_ratio=False, backend='pillow', interpolation='bicubic')

target_pipeline = [
    dict(type='LoadImageFromFile'),
    cityscapes_resize,
    dict(type='LoadPseudoLabels'),  # does nothing without pseudo labels
    dict(type='PackDomainInputs'),
]
# For methods that train at several scales: the original image goes to one of the test scales, as at test, the labels
# (stored at 1024x512) follow, and every crop has the size of the smallest scale, so that a batch mixes scales and
# nothing is padded. Labels are made at one scale: default_hooks.pseudo_labels.pipeline=target_pipeline.
multi_scale_pipeline = [
    target_pipeline[0],
    dict(
        type='RandomChoiceResize',
        scales=[(width, width // 2) for width in (768, 1024, 1280, 1536)],
        keep_ratio=False,
        backend='pillow',
        interpolation='bicubic',
    ),
    dict(type='LoadPseudoLabels', resize=True),
    dict(type='RandomCrop', crop_size=(384, 768)),
    target_pipeline[-1],
]
cityscapes_target = dict(
    type='UnlabeledDataset',
    data_root=cityscapes_root,
    data_prefix=dict(img_path='leftImg8bit/train'),
    img_suffix='_leftImg8bit.png',
    pseudo_labels=None,
    pipeline=target_pipeline,
)
# A step for source images, before the last one of their pipeline: the look of a random target image (FDA,
# docs/custom_data.md).
fourier_style = dict(
    type='FourierStyleTransfer',
    img_dir=f'{cityscapes_root}/leftImg8bit/train',
    img_suffix='_leftImg8bit.png',
    beta=0.01,
)

test_pipeline = [
    dict(type='LoadImageFromFile'),
    cityscapes_resize,
    dict(type='LoadAnnotations'),  # after Resize: scored at the labels' own size
    dict(type='PackSegInputs'),
]
val_dataloader = dict(
    dataset=dict(
        type='CityscapesLabeledDataset',
        data_root=cityscapes_root,
        data_prefix=dict(img_path='leftImg8bit/val', seg_map_path='gtFine/val'),
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader

tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='TestTimeAug',
        transforms=[
            [
                dict(
                    type='Resize',
                    scale=(width, width // 2),
                    keep_ratio=True,  # the same here; other targets keep their shape
                    backend='pillow',
                    interpolation='bicubic',
                )
                for width in (768, 1024, 1280, 1536)
            ],
            [
                dict(type='RandomFlip', prob=0.0, direction='horizontal'),
                dict(type='RandomFlip', prob=1.0, direction='horizontal'),
            ],
            [dict(type='LoadAnnotations')],
            [dict(type='PackSegInputs')],
        ],
    ),
]
