# MiniCity, each game image in the look of a random camera image (FDA, docs/custom_data.md) -> its camera look.
_base_ = './mini_gta2cs.py'

source_pipeline = [
    *_base_.source_pipeline[:-1],
    dict(
        type='FourierStyleTransfer',
        img_dir=f'{_base_.cityscapes_target.data_root}/{_base_.cityscapes_target.data_prefix.img_path}',
        img_suffix=_base_.cityscapes_target.img_suffix,
        beta=0.01,
    ),
    _base_.source_pipeline[-1],
]
train_dataloader = dict(dataset=dict(source=dict(pipeline=source_pipeline)))
