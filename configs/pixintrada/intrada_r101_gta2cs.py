"""IntraDA: AdvEnt from GTA5, then from easy to hard Cityscapes images with the same settings: DeepLabV2-ResNet101."""

_base_ = ['../advent/advent_r101_gta2cs.py', '../_base_/adaptations/intrada.py']

model = dict(adaptations=dict(_base_.intrada.adaptations, _delete_=True))
easy = dict(_base_.cityscapes_target, _delete_=True, part='easy')
train_dataloader = dict(dataset=dict(source=easy, target=dict(part='hard')))
# A fresh network from the initial weights: stage I only ranks and labels.
stages = dict(
    inter=dict(config='{{ fileDirname }}/../advent/advent_r101_gta2cs.py'),
    intra=dict(labels_from='inter'),
)
