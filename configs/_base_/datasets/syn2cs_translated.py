# SYNTHIA translated into Cityscapes' look (data/synthia/RGB_translated, docs/custom_data.md) -> Cityscapes.
# Without such a folder: syn2cs_fda.py.
_base_ = './syn2cs.py'

train_dataloader = dict(dataset=dict(source=dict(data_prefix=dict(img_path='RGB_translated'))))
