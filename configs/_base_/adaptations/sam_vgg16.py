"""SAM's second run: FCN-8s-VGG16 from GTA5, Eq. 8 and 10 with a smaller weight."""

_base_ = './sam.py'

sam = dict(
    adaptations=dict(
        sam=dict(
            module=dict(init_cfg=dict(checkpoint='work_dirs/sam_module_vgg16_gta2cs/iter_120000.pth')),
            loss_weight=0.001,
        )
    )
)
