# HRDA's training images: the same at Cityscapes' own resolution, in crops of 1024x1024; a fourfold of a rare class is
# asked for. Not a data set: see gta2cs_crop_1024.py.
_base_ = './crop_512.py'

crop_1024_source = [dict(_base_.crop_512_source[0], crop_size=(1024, 1024)), *_base_.crop_512_source[1:]]
crop_1024_target = [dict(_base_.crop_512_target[0], crop_size=(1024, 1024)), *_base_.crop_512_target[1:]]
rare_classes_1024 = dict(_base_.rare_classes_512, min_crop_ratio=2.0)
