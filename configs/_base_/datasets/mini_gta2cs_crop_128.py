# MiniCity in DAFormer's way at an eighth of Cityscapes' size: full-height crops of 128x128, two of each domain a step,
# source images with rare classes more often. Pixels and margins are the published ones, scaled.
_base_ = ['./mini_gta2cs.py', './crop_512.py']

crop_source = [dict(_base_.crop_512_source[0], crop_size=(128, 128)), *_base_.crop_512_source[1:]]
crop_target = [dict(_base_.crop_512_target[0], crop_size=(128, 128)), *_base_.crop_512_target[1:]]
mark, labels = dict(type='MarkMargins', margins=(4, 30, 0, 0)), dict(type='LoadPseudoLabels')
mini_source = dict(
    _base_.gta_source,
    data_root='data/minicity/gta',
    pipeline=[*_base_.load_labeled, _base_.mini_resize, *crop_source],
)
rare_classes_mini = dict(_base_.rare_classes_512, min_pixels=50)
train_dataloader = dict(
    batch_size=2,
    dataset=dict(
        source=dict(rare_classes_mini, dataset=mini_source),
        target=dict(pipeline=[*_base_.load_image, mark, _base_.mini_resize, labels, *crop_target]),
    ),
)
