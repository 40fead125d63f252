# LoveDA, urban -> rural: the other way round.
_base_ = './loveda_rural2urban.py'

train_dataloader = dict(
    dataset=dict(
        source=dict(data_prefix=dict(img_path='Train/Urban/images_png', seg_map_path='Train/Urban/masks_png')),
        target=dict(data_prefix=dict(img_path='Train/Rural/images_png')),
    )
)
val_dataloader = dict(
    dataset=dict(data_prefix=dict(img_path='Val/Rural/images_png', seg_map_path='Val/Rural/masks_png')),
)
test_dataloader = val_dataloader
