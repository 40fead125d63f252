"""SAM's second run: FCN-8s-VGG16 from SYNTHIA, as from GTA5 with the module of SYNTHIA."""

_base_ = './sam_vgg16.py'

sam = dict(
    adaptations=dict(
        sam=dict(module=dict(init_cfg=dict(checkpoint='work_dirs/sam_module_vgg16_syn2cs/iter_120000.pth')))
    )
)
