# A validation set without target labels, to choose a snapshot on (DAST): 500 random GTA5 images, kept out of training
# (leave_out=500), in Cityscapes' look by FDA. Scores are means over two strengths, "0.5 and 0.9" in the paper: read as
# 0.05 and 0.09, FDA's own values.
fda_val = dict(
    source=dict(leave_out=500),
    evaluator=dict(mean_over='fourier_beta'),
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
                    leave_out=500,
                    left_out=True,
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
                        dict(
                            type='PackSegInputs',
                            meta_keys=(
                                *('img_path', 'seg_map_path', 'ori_shape', 'img_shape', 'pad_shape', 'scale_factor'),
                                *('flip', 'flip_direction', 'reduce_zero_label', 'fourier_beta'),
                            ),
                        ),
                    ],
                )
                for beta in (0.05, 0.09)
            ],
        ),
    ),
)
