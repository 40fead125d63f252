"""SAM's second run: DeepLabV2-ResNet101 from SYNTHIA, Eq. 9 and 11."""

_base_ = './sam.py'

sam = dict(
    adaptations=dict(
        sam=dict(
            module=dict(init_cfg=dict(checkpoint='work_dirs/sam_module_r101_syn2cs/iter_120000.pth')),
            follow='attended',
            domains=('target',),
        )
    )
)
