"""PLCA: DeepLabV2-ResNet101, SYNTHIA to Cityscapes, 16 classes."""

_base_ = ['./plca_r101_gta2cs.py', '../_base_/datasets/synthia.py']

# Pixels of other classes are ignored. The mean over 13 classes is that of 13 of the 16 IoUs, as in the paper's Table 3.
classes = dict(classes='SYNTHIA_16')
model = dict(decode_head=dict(num_classes=16))
train_dataloader = dict(
    dataset=dict(
        source=dict(_base_.synthia_source, metainfo=classes, pipeline=_base_.crop_730_source_pipeline),
        target=dict(metainfo=classes),
    )
)
val_dataloader = dict(dataset=dict(metainfo=classes))
test_dataloader = val_dataloader
val_evaluator = dict(subsets=_base_.synthia_subsets)
test_evaluator = val_evaluator
# 8 of 10 epochs.
poly = dict(type='PolyLR', power=0.9, begin=0, end=10 * 372 + 1, eta_min=0, by_epoch=False)
param_scheduler = dict(segmentor=[poly], discriminators=[poly])
train_cfg = dict(max_iters=2 * 8 * 372, val_interval=1000)
