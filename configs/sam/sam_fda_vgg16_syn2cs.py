"""SAM, all stages in one launch, six generations: FCN-8s-VGG16, SYNTHIA to Cityscapes. Images by FDA."""

_base_ = './sam_generation_fda_vgg16_syn2cs.py'

# The module is trained once; every generation is a fresh network on the labels of the one before.
module_weights = {'model.adaptations.sam.module.init_cfg.checkpoint': '{module}'}
stages = [
    dict(name='no_pseudo', config='{{ fileDirname }}/sam_no_pseudo_fda_vgg16_syn2cs.py'),
    dict(name='module', config='{{ fileDirname }}/sam_module_fda_vgg16_syn2cs.py'),
    dict(labels_from='no_pseudo', options=module_weights),
    dict(labels_from='previous', options=module_weights, repeat=5),
]
