"""DAST, the first stage's best snapshot chosen without target labels, as in the paper: DeepLabV2-ResNet101, GTA5."""

_base_ = ['./dast_r101_gta2cs.py', '../_base_/datasets/gta_fda_val.py']

stages = dict(
    da=dict(
        changes=dict(
            train_dataloader=dict(dataset=dict(source=_base_.fda_val.source)),
            val_dataloader=_base_.fda_val.dataloader,
            default_hooks=dict(checkpoint=dict(save_best='mIoU')),
        )
    )
)
