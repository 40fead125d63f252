"""MaxCos with pseudo labels (Eq. 12), a fresh network: DeepLabV2-R101, GTA5 styled by FDA to Cityscapes."""

_base_ = ['./maxcos_nopl_fda_r101_gta2cs.py', '../_base_/adaptations/self_training_bdl.py']

model = _base_.self_training_bdl
train_cfg = dict(max_iters=120000)  # BDL's with pseudo labels
default_hooks = dict(
    pseudo_labels=dict(
        labeler=dict(
            config='configs/maxcos/maxcos_nopl_fda_r101_gta2cs.py',
            checkpoint='work_dirs/maxcos_nopl_fda_r101_gta2cs/iter_80000.pth',
        )
    )
)
