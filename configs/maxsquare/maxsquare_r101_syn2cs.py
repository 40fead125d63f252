"""Maximum squares: DeepLabV2-ResNet101, SYNTHIA to Cityscapes, 16 classes. Starts from a source-only model."""

_base_ = ['./maxsquare_r101_gta2cs.py', '../_base_/datasets/synthia_16.py']

# Released: the other way round from SYNTHIA, whose small classes are not rare.
model = dict(decode_head=dict(num_classes=16), adaptations=dict(max_squares=dict(ratio=-0.2)))
synthia = _base_.synthia_16.train_dataloader.dataset
source = dict(
    synthia.source, pipeline=[*synthia.source.pipeline[:-1], *_base_.mirror_and_blur, synthia.source.pipeline[-1]]
)
train_dataloader = dict(dataset=dict(source=source, target=synthia.target))
val_dataloader = _base_.synthia_16.val_dataloader
test_dataloader = val_dataloader
val_evaluator = dict(subsets=_base_.synthia_subsets)
test_evaluator = val_evaluator
stages = dict(
    source=dict(
        config='{{ fileDirname }}/../source_only/source_only_r101_syn2cs.py',
        changes=dict(
            model=dict(decode_head=dict(num_classes=16)),
            train_dataloader=dict(dataset=dict(source=source)),
            val_dataloader=val_dataloader,
            test_dataloader=val_dataloader,
        ),
    )
)
