"""Table 1, source only, cross entropy and Lovasz-softmax; DeepLabV2-ResNet101, SYNTHIA to Cityscapes."""

_base_ = './plca_r101_syn2cs.py'
model = dict(adaptations=dict(_delete_=True, lovasz=_base_.model.adaptations.lovasz))
train_dataloader = dict(dataset=dict(target=None))
