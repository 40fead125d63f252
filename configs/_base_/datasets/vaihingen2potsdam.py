# ISPRS Vaihingen -> Potsdam: the other way round.
_base_ = './potsdam2vaihingen.py'

train_dataloader = dict(
    dataset=dict(source=dict(data_root='data/vaihingen'), target=dict(data_root='data/potsdam_irrg')),
)
val_dataloader = dict(dataset=dict(data_root='data/potsdam_irrg'))
test_dataloader = val_dataloader
