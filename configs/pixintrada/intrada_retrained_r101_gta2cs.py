"""IntraDA as PixIntraDA retrained it (Table 4), from easy to hard Cityscapes images: DeepLabV2-ResNet101, GTA5."""

_base_ = ['./pixintrada_r101_gta2cs.py', '../_base_/adaptations/intrada.py']

# The network, the data and the schedule of PixIntraDA's first round, which both label by stage I. Scores at the input's
# size.
upsampled = dict(discriminator=dict(_base_.intrada.adaptations.intrada.discriminator, upsample=True))
model = dict(
    adaptations=dict(
        _delete_=True,
        intrada=dict(_base_.intrada.adaptations.intrada, **upsampled),
        intrada_aux=dict(_base_.intrada.adaptations.intrada_aux, **upsampled),
    )
)
easy = dict(_base_.cityscapes_target, _delete_=True, part='easy', pipeline=_base_.multi_scale_pipeline)
train_dataloader = dict(batch_size=2, dataset=dict(source=easy, target=dict(part='hard')))  # pairs: 4 target images
stages = dict(t0=None, t1=None, intra=dict(labels_from='inter'))
