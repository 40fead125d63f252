"""PLCA: DeepLabV2-ResNet101, SYNTHIA to Cityscapes, 16 classes."""

_base_ = ['./plca_r101_gta2cs.py', '../_base_/datasets/synthia_16.py']

model = dict(decode_head=dict(num_classes=16))
train_dataloader = dict(
    dataset=dict(
        source=dict(_base_.synthia_16.train_dataloader.dataset.source, pipeline=_base_.crop_730_source_pipeline),
        target=_base_.synthia_16.train_dataloader.dataset.target,
    )
)
val_dataloader = _base_.synthia_16.val_dataloader
test_dataloader = val_dataloader
val_evaluator = dict(subsets=_base_.synthia_subsets)
test_evaluator = val_evaluator
# 8 of 10 epochs.
poly = dict(type='PolyLR', power=0.9, begin=0, end=10 * 372 + 1, eta_min=0, by_epoch=False)
param_scheduler = dict(segmentor=[poly], discriminators=[poly])
train_cfg = dict(max_iters=2 * 8 * 372, val_interval=1000)
