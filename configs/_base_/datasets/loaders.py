# The loaders of a pair of domains, one image of each a step, and what scores them; children fill in the data sets.
train_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DomainPairSampler'),
    dataset=dict(type='DomainPairDataset'),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='SubsetIoUMetric', subsets=dict(), outside='count')
test_evaluator = val_evaluator
