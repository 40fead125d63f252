"""PixIntraDA: DeepLabV2-ResNet101, GTA5 to Cityscapes."""

_base_ = [
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/schedules/deeplab_target_250k_images.py',
    '../_base_/adaptations/pixintrada.py',
]

# Two of each head's four branches, as in stage I.
model = dict(decode_head=dict(num_branches=2), **_base_.pixintrada)
# Target images alone.
train_dataloader = dict(batch_size=4, dataset=dict(source=None, target=dict(pipeline=_base_.multi_scale_pipeline)))
default_hooks = dict(pseudo_labels=dict(pipeline=_base_.target_pipeline))
translated = dict(data_prefix=dict(img_path='images_translated'))
# Both rounds train "another segmentation network" than stage I's, from initial weights: the stage before only labels.
stages = dict(
    # Stage I: AdaptSegNet on translated images.
    inter=dict(
        config='{{ fileDirname }}/../adaptseg/adaptseg_r101_gta2cs.py',
        changes=dict(train_dataloader=dict(dataset=dict(source=translated))),
    ),
    t0=dict(labels_from='inter'),
    # With KLD, on each output in proportion to its cross entropy, whose weight on the auxiliary one is 0.1.
    t1=dict(
        labels_from='t0',
        changes=dict(
            model=dict(adaptations=dict(self_training=dict(kld_weight=0.1), self_training_aux=dict(kld_weight=0.01)))
        ),
    ),
)
