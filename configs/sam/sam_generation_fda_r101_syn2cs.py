"""SAM, second run, one generation: DeepLabV2-ResNet101, SYNTHIA to Cityscapes. Images by FDA."""

_base_ = ['./sam_pseudo_only_fda_r101_syn2cs.py', '../_base_/adaptations/sam_syn.py']

model = _base_.sam
model.adaptations.sam.module.init_cfg.checkpoint = 'work_dirs/sam_module_fda_r101_syn2cs/iter_120000.pth'
