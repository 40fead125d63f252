"""SAM's second run: mini net from MiniCity's game look; needs the module of ``sam_module_mini_gta2cs``."""

_base_ = './sam.py'

sam = dict(
    adaptations=dict(sam=dict(module=dict(init_cfg=dict(checkpoint='work_dirs/sam_module_mini_gta2cs/iter_400.pth'))))
)
