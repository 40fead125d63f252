"""SAM's stages: the module, the model that labels first, then generations, of which the config itself is one.

The module is trained once; every generation is a fresh network on the labels of the one before.
"""

_base_ = ['../adaptations/sam_module.py', '../adaptations/self_training_bdl.py']

no_target = dict(dataset=dict(target=None))
stages = dict(
    module=dict(changes=dict(model=_base_.sam_module, train_dataloader=no_target)),
    no_pseudo=dict(changes=dict(model=dict(adaptations=dict(_delete_=True)), train_dataloader=no_target)),
    generation=dict(labels_from='previous', repeat=5),
)
