"""SAM, two generations, all from the source model, which labels first: mini net on MiniCity, GTA5 to Cityscapes."""

_base_ = [
    '../source_only/control_mini_gta2cs.py',
    '../_base_/adaptations/sam.py',
    '../_base_/adaptations/sam_module.py',
    '../_base_/adaptations/self_training_bdl.py',
]

model = dict(adaptations=dict(**_base_.self_training_bdl.adaptations, **_base_.sam.adaptations))
stages = dict(
    adapt=None,
    module=dict(
        load_from='source',
        changes=dict(model=_base_.sam_module, train_dataloader=dict(dataset=dict(target=None))),
    ),
    no_pseudo=dict(config='{{ fileDirname }}/../source_only/source_only_mini_gta2cs.py'),
    generation=dict(load_from='source', labels_from='previous', repeat=2),
)
