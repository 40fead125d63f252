"""DAST, self-training from the snapshot that is best without target labels, as released: DeepLabV2-ResNet101, GTA5."""

_base_ = ['./dast_r101_gta2cs.py', '../_base_/datasets/gta_fda_val.py']

stages = dict(
    da=dict(
        # Of the snapshots every 2000 iterations up to 120k.
        result='best',
        changes=dict(
            train_dataloader=dict(dataset=dict(source=_base_.fda_val.source)),
            val_dataloader=_base_.fda_val.dataloader,
            val_evaluator=_base_.fda_val.evaluator,
            train_cfg=dict(max_iters=120000, val_interval=2000),
            default_hooks=dict(checkpoint=dict(interval=2000, save_best='mIoU')),
        ),
    )
)
