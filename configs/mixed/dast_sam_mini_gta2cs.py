"""DAST whose rounds of self-training also follow SAM's module: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = ['../dast/dast_mini_gta2cs.py', '../_base_/adaptations/sam_mini.py']

model = _base_.sam
# DAST's own stages, and SAM's module before them.
stages = [
    dict(name='module', config='{{ fileDirname }}/../sam/sam_module_mini_gta2cs.py'),
    dict(config='{{ fileDirname }}/../dast/dast_da_mini_gta2cs.py'),
    dict(
        load_from='previous',
        options={'model.adaptations.sam.module.init_cfg.checkpoint': '{module}'},
    ),
]
