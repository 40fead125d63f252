"""SAM, six generations: FCN-8s-VGG16, translated GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/fcn8s_vgg16.py',
    '../_base_/datasets/gta2cs_translated.py',
    '../_base_/schedules/fcn8s.py',
    '../_base_/schedules/sam_stages.py',
    '../_base_/adaptations/sam_vgg16.py',
]

model = dict(
    # The paper's text says that the loss on labels trains the transposed convolutions; BDL's code keeps them bilinear.
    decode_head=dict(trainable_upsampling=True),
    adaptations=dict(**_base_.self_training_bdl.adaptations, **_base_.sam.adaptations),
)
default_hooks = dict(checkpoint=dict(interval=2000))
stages = dict(generation=dict(repeat=6))
