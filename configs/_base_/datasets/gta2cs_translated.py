# GTA5 translated into Cityscapes' look (data/gta/images_translated, docs/custom_data.md) -> Cityscapes.
# Without such a folder: the configs *_fda_*.
_base_ = './gta2cs.py'

train_dataloader = dict(dataset=dict(source=dict(data_prefix=dict(img_path='images_translated'))))
