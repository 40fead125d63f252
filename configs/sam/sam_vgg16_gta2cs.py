"""SAM, all stages in one launch, six generations: FCN-8s-VGG16, GTA5 to Cityscapes."""

_base_ = './sam_generation_vgg16_gta2cs.py'

# The module is trained once; every generation is a fresh network on the labels of the one before.
module_weights = {'model.adaptations.sam.module.init_cfg.checkpoint': '{module}'}
stages = [
    dict(name='no_pseudo', config='{{ fileDirname }}/sam_no_pseudo_vgg16_gta2cs.py'),
    dict(name='module', config='{{ fileDirname }}/sam_module_vgg16_gta2cs.py'),
    dict(labels_from='no_pseudo', options=module_weights),
    dict(labels_from='previous', options=module_weights, repeat=5),
]
