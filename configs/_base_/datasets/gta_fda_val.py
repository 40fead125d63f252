# A validation set without target labels, to choose a snapshot on (DAST): the last 500 GTA5 images, kept out of
# training, in Cityscapes' look by FDA. DAST takes the mean over two strengths, "0.5 and 0.9": read as 0.05 and 0.09,
# FDA's own values; here all images of both count together.
fda_val = dict(
    # Of the 24904 that the converter keeps; with fewer images, lower it by as many, or the two parts overlap.
    source=dict(indices=24400),
    dataloader=dict(
        batch_size=1,
        num_workers=2,
        persistent_workers=True,
        sampler=dict(type='DefaultSampler', shuffle=False),
        dataset=dict(
            _delete_=True,
            type='ConcatDataset',
            datasets=[
                dict(
                    type='GTADataset',
                    data_root='data/gta',
                    data_prefix=dict(img_path='images', seg_map_path='labels'),
                    indices=-500,
                    pipeline=[
                        dict(type='LoadImageFromFile'),
                        dict(
                            type='Resize',
                            scale=(1280, 720),
                            keep_ratio=False,
                            backend='pillow',
                            interpolation='bicubic',
                        ),
                        dict(
                            type='FourierStyleTransfer',
                            img_dir='data/cityscapes/leftImg8bit/train',
                            img_suffix='_leftImg8bit.png',
                            beta=beta,
                            seed=0,  # the same looks at every validation
                        ),
                        dict(type='LoadAnnotations'),
                        dict(type='PackSegInputs'),
                    ],
                )
                for beta in (0.05, 0.09)
            ],
        ),
    ),
)
