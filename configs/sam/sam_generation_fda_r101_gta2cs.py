"""SAM, second run, one generation: DeepLabV2-ResNet101, GTA5 to Cityscapes. Images by FDA."""

_base_ = ['./sam_pseudo_only_fda_r101_gta2cs.py', '../_base_/adaptations/sam.py']

model = _base_.sam
model.adaptations.sam.module.init_cfg.checkpoint = 'work_dirs/sam_module_fda_r101_gta2cs/iter_120000.pth'
