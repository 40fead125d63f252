# SYNTHIA's 16 shared classes as the only ones, for children of configs on GTA5 whose model has 16 outputs. Pixels of
# other classes are ignored, in training and in the score; the mean over 13 classes is that of 13 of the 16 IoUs.
_base_ = './synthia.py'

classes_16 = dict(classes='SYNTHIA_16')
synthia_16 = dict(
    train_dataloader=dict(
        dataset=dict(
            source=dict(_base_.synthia_source, metainfo=classes_16),
            target=dict(metainfo=classes_16),
        )
    ),
    val_dataloader=dict(dataset=dict(metainfo=classes_16)),
)
