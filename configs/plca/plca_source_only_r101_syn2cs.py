"""Table 1, source only, cross entropy; DeepLabV2-ResNet101, SYNTHIA to Cityscapes."""

_base_ = './plca_r101_syn2cs.py'
model = dict(adaptations=dict(_delete_=True))
train_dataloader = dict(dataset=dict(target=None))
