"""PixIntraDA: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = ['../source_only/control_mini_gta2cs.py', '../_base_/adaptations/pixintrada_mini.py']

model = _base_.pixintrada
train_dataloader = dict(dataset=dict(source=None, target=dict(pipeline=_base_.multi_scale_pipeline)))
default_hooks = dict(pseudo_labels=dict(pipeline=_base_.target_pipeline))
# There are no initial weights for the mini net: each round goes on from the stage before, which also labels.
stages = dict(
    source=None,
    adapt=None,
    inter=dict(config='{{ fileDirname }}/../adaptseg/adaptseg_mini_gta2cs.py'),
    t0=dict(load_from='inter'),
    t1=dict(
        load_from='t0',
        changes=dict(model=dict(adaptations=dict(self_training=dict(kld_weight=0.1)))),
    ),
)
