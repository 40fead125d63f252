"""SAM's "Pseudo-Only", one generation of self-training: FCN-8s-VGG16, SYNTHIA to Cityscapes. Images by FDA."""

_base_ = [
    '../_base_/models/fcn8s_vgg16.py',
    '../_base_/datasets/syn2cs_fda.py',
    '../_base_/schedules/fcn8s.py',
    '../_base_/default_runtime.py',
    '../_base_/adaptations/self_training_bdl.py',
]

# The paper's text says that the loss on labels trains the transposed convolutions; BDL's code keeps them bilinear.
model = dict(
    decode_head=dict(trainable_upsampling=True),
    adaptations=_base_.self_training_bdl.adaptations,
)
# A fresh network; the labels are those of the model trained without any.
default_hooks = dict(
    checkpoint=dict(interval=2000),
    pseudo_labels=dict(
        labeler=dict(
            config='configs/sam/sam_no_pseudo_fda_vgg16_syn2cs.py',
            checkpoint='work_dirs/sam_no_pseudo_fda_vgg16_syn2cs/iter_120000.pth',
        )
    ),
)
