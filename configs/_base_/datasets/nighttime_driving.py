# Nighttime Driving (1920x1080) to test on, for children of configs whose target is Dark Zurich: docs/targets.md. It has
# 50 coarsely annotated images.
nighttime_driving_labeled = dict(
    type='TrainIdDataset',
    data_root='data/NighttimeDrivingTest',
    data_prefix=dict(img_path='leftImg8bit/test/night', seg_map_path='gtCoarse_daytime_trainvaltest/test/night'),
    img_suffix='_leftImg8bit.png',
    seg_map_suffix='_gtCoarse_labelTrainIds.png',
    pipeline=[
        dict(type='LoadImageFromFile'),
        dict(type='Resize', scale=(960, 540), keep_ratio=False, backend='pillow', interpolation='bicubic'),
        dict(type='LoadAnnotations'),
        dict(type='PackSegInputs'),
    ],
)
