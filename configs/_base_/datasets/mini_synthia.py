# MiniCity's 16-class game look in SYNTHIA's layout, for children of mini configs on GTA5's layout.
_base_ = './synthia.py'

synthia_source = dict(
    data_root='data/minicity/synthia',
    pipeline=[
        *_base_.synthia_source.pipeline[:2],
        dict(_base_.synthia_source.pipeline[2], scale=(256, 128)),
        _base_.synthia_source.pipeline[3],
    ],
)
