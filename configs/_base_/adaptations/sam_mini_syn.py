"""SAM's second run: mini net from MiniCity in SYNTHIA's layout, Eq. 9 and 11; needs ``sam_module_mini_syn2cs``."""

_base_ = './sam_syn.py'

sam = dict(
    adaptations=dict(sam=dict(module=dict(init_cfg=dict(checkpoint='work_dirs/sam_module_mini_syn2cs/iter_400.pth'))))
)
