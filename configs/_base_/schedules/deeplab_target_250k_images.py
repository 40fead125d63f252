"""PixIntraDA's stage II: SGD 2.4e-4 on batches of 4 target images.

The paper gives no number of iterations; these are as many target images as the AdaptSegNet lineage sees (poly over 250k
images, stopped at 150k).
"""

_base_ = './deeplab_250k.py'

optim_wrapper = dict(segmentor=dict(optimizer=dict(lr=2.4e-4)))
poly = dict(type='PolyLR', power=0.9, begin=0, end=62501, eta_min=0, by_epoch=False)
param_scheduler = dict(segmentor=[poly], discriminators=[poly])
train_cfg = dict(max_iters=37500, val_interval=2500)
