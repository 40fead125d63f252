"""SAM's "Pseudo-Only", one generation of self-training: DeepLabV2-ResNet101, SYNTHIA to Cityscapes. Images by FDA."""

_base_ = [
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/datasets/syn2cs_fda.py',
    '../_base_/schedules/deeplab_120k.py',
    '../_base_/adaptations/self_training_bdl.py',
]

model = _base_.self_training_bdl
# A fresh network; the labels are those of the model trained without any.
default_hooks = dict(
    pseudo_labels=dict(
        labeler=dict(
            config='configs/sam/sam_no_pseudo_fda_r101_syn2cs.py',
            checkpoint='work_dirs/sam_no_pseudo_fda_r101_syn2cs/iter_120000.pth',
        )
    )
)
