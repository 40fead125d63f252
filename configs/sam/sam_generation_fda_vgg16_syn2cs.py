"""SAM, second run, one generation: FCN-8s-VGG16, SYNTHIA to Cityscapes. Images by FDA."""

_base_ = ['./sam_pseudo_only_fda_vgg16_syn2cs.py', '../_base_/adaptations/sam_vgg16_syn.py']

model = _base_.sam
model.adaptations.sam.module.init_cfg.checkpoint = 'work_dirs/sam_module_fda_vgg16_syn2cs/iter_120000.pth'
