"""SAM, Table 1: Eq. 8 on both domains. DeepLabV2-ResNet101, SYNTHIA to Cityscapes."""

_base_ = './sam_generation_r101_syn2cs.py'

model = dict(adaptations=dict(sam=dict(follow='residual', domains=('source', 'target'))))
