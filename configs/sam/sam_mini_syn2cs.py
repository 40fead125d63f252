"""SAM, all stages in one launch, two generations: mini net on MiniCity, SYNTHIA to Cityscapes."""

_base_ = './sam_generation_mini_syn2cs.py'

# The module is trained once; every generation starts from the source-only model, which labels for the first.
module_weights = {'model.adaptations.sam.module.init_cfg.checkpoint': '{module}'}
stages = [
    dict(name='module', config='{{ fileDirname }}/sam_module_mini_syn2cs.py'),
    dict(options=module_weights),
    dict(labels_from='previous', options=module_weights),
]
