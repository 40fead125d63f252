"""SAM on the prediction and on the feature map, one generation (Table A.5): DeepLabV2-ResNet101, GTA5."""

_base_ = ['./sam_r101_gta2cs.py', '../_base_/adaptations/sam_feature.py']

model = _base_.sam_feature
on_features = dict(
    type='SelfAttentionTraining', on='feature', module=dict(type='SelfAttentionModule', channels=2048), skip=True
)
stages = dict(
    _delete_=True,
    # Two modules, trained apart.
    module_feature=dict(
        changes=dict(
            model=dict(source_loss_weight=0, adaptations=dict(_delete_=True, sam_module=on_features)),
            train_dataloader=_base_.no_target,
        )
    ),
    **dict(_base_.stages, generation=dict(_base_.stages.generation, repeat=1)),
)
