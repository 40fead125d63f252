# DAFormer's training images: crops of 512x512, flipped half the time, of images at half of Cityscapes' resolution;
# source images with rare classes are drawn more often. Not a data set: see gta2cs_crop_512.py.
crop_512_source = [
    dict(type='RandomCrop', crop_size=(512, 512), cat_max_ratio=0.75),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs'),
]
crop_512_target = [
    dict(type='RandomCrop', crop_size=(512, 512)),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackDomainInputs'),
]
rare_classes_512 = dict(_delete_=True, type='RareClassDataset', min_pixels=3000, min_crop_ratio=0.5)
# OpenCV's bilinear, and the ratio is kept, as in the released code.
load_image = [dict(type='LoadImageFromFile')]
load_labeled = [*load_image, dict(type='LoadAnnotations')]
bilinear_resize = dict(type='Resize', keep_ratio=True)
