"""PixIntraDA, stage I without a folder of translated images: AdaptSegNet, multi level, on GTA5 styled by FDA."""

_base_ = [
    '../_base_/models/deeplabv2_r101.py',
    '../_base_/datasets/gta2cs_fda.py',
    '../_base_/schedules/deeplab_250k.py',
    '../_base_/default_runtime.py',
    '../_base_/adaptations/adaptseg_multi.py',
    '../_base_/adaptations/pixintrada.py',
]

model = dict(
    # The released head returns after two of its four branches.
    decode_head=dict(num_branches=2),
    auxiliary_head=_base_.pixintrada.auxiliary_head,
    adaptations=_base_.adaptseg_multi.adaptations,
)
