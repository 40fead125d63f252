"""DAST whose rounds of self-training also follow SAM's module: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = ['../dast/dast_r101_gta2cs.py', '../_base_/adaptations/sam.py']

model = _base_.sam
# DAST's own stages, and SAM's module before them.
stages = [
    dict(name='module', config='{{ fileDirname }}/../sam/sam_module_r101_gta2cs.py'),
    dict(config='{{ fileDirname }}/../dast/dast_da_r101_gta2cs.py'),
    dict(
        load_from='previous',
        repeat=3,
        options={'model.adaptations.sam.module.init_cfg.checkpoint': '{module}'},
    ),
]
