"""SAM's "No Pseudo", translated source images alone: FCN-8s-VGG16, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/fcn8s_vgg16.py',
    '../_base_/datasets/gta2cs_translated.py',
    '../_base_/schedules/fcn8s.py',
    '../_base_/default_runtime.py',
]

# The paper's text says that the loss on labels trains the transposed convolutions; BDL's code keeps them bilinear.
model = dict(decode_head=dict(trainable_upsampling=True))
default_hooks = dict(checkpoint=dict(interval=2000))
train_dataloader = dict(dataset=dict(target=None))
