"""MaxCos with pseudo labels (Eq. 12), from the source model: mini net, GTA5, styled by FDA, to Cityscapes."""

_base_ = ['./maxcos_nopl_fda_mini_gta2cs.py', '../_base_/adaptations/self_training_bdl.py']

model = _base_.self_training_bdl
default_hooks = dict(
    pseudo_labels=dict(
        labeler=dict(
            config='configs/maxcos/maxcos_nopl_fda_mini_gta2cs.py',
            checkpoint='work_dirs/maxcos_nopl_fda_mini_gta2cs/iter_400.pth',
        )
    )
)
