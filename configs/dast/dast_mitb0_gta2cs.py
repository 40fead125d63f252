"""DAST on a network of today: SegFormer-B0, GTA5 to Cityscapes. Not in the paper; nothing is tuned."""

_base_ = [
    '../_base_/models/segformer_mitb0.py',
    '../_base_/datasets/gta2cs.py',
    '../_base_/schedules/adamw_40k.py',
    '../_base_/schedules/dast_stages.py',
    '../_base_/adaptations/dast.py',
]

model = _base_.dast
train_dataloader = dict(dataset=dict(source=dict(leave_out=500)))
# The rounds keep AdamW's rates in place of SGD's.
stages = dict(round=dict(changes=dict(optim_wrapper=dict(_delete_=True))))
