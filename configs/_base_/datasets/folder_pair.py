# Two labelled folders as they are, without resizing, for pairs that are not of the streets; children say where they lie
# and what the classes are.
_base_ = './loaders.py'

source_pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations'), dict(type='PackSegInputs')]
target_pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadPseudoLabels'), dict(type='PackDomainInputs')]
test_pipeline = source_pipeline
train_dataloader = dict(
    dataset=dict(
        source=dict(type='FolderDataset', pipeline=source_pipeline),
        target=dict(type='UnlabeledDataset', pipeline=target_pipeline),
    )
)
val_dataloader = dict(dataset=dict(type='FolderDataset', pipeline=test_pipeline))
test_dataloader = val_dataloader
