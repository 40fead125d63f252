"""SAM's "Pseudo-Only", one generation of self-training: mini net on MiniCity, SYNTHIA to Cityscapes."""

_base_ = [
    '../_base_/models/mini.py',
    '../_base_/datasets/mini_syn2cs.py',
    '../_base_/schedules/mini_adapt.py',
    '../_base_/adaptations/self_training_bdl.py',
]

# A fresh network is one that starts from the source-only model, which also makes the labels of the first generation.
load_from = 'work_dirs/source_only_mini_syn2cs/iter_1500.pth'
model = _base_.self_training_bdl
default_hooks = dict(
    pseudo_labels=dict(
        labeler=dict(
            config='configs/source_only/source_only_mini_syn2cs.py',
            checkpoint='work_dirs/source_only_mini_syn2cs/iter_1500.pth',
        )
    )
)
