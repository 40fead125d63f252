# DACS' images: GTA5 (1280x720, bicubic) -> Cityscapes (1024x512, bilinear) in crops of 512x512, two of each domain a
# step, scored at 1024x512 as released; at the labels' own size without ScoreAtThisSize.
_base_ = './gta2cs.py'

crop = dict(type='RandomCrop', crop_size=(512, 512))
bilinear = dict(_base_.cityscapes_resize, interpolation='bilinear')
load, _, labels, pack = _base_.target_pipeline
load_test, _, annotations, pack_test = _base_.test_pipeline
source_pipeline = [*_base_.source_pipeline[:-1], crop, _base_.source_pipeline[-1]]
target_pipeline = [load, bilinear, labels, crop, pack]
test_pipeline = [load_test, annotations, bilinear, dict(type='ScoreAtThisSize'), pack_test]
train_dataloader = dict(
    batch_size=2,
    dataset=dict(source=dict(pipeline=source_pipeline), target=dict(pipeline=target_pipeline)),
)
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
