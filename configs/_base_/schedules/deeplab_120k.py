"""DeepLab in SAM: as in BDL, poly over 250k iterations stopped at 120k; saved every 2000."""

_base_ = './deeplab_250k.py'

train_cfg = dict(max_iters=120000, val_interval=2000)
default_hooks = dict(checkpoint=dict(interval=2000))
