"""PixIntraDA, stage II, second round (T=1) with KLD: DeepLabV2-R101, labels by the first round's model (GTA5)."""

_base_ = './pixintrada_t0_r101_gta2cs.py'

# On each output in proportion to its cross entropy, whose weight on the auxiliary one is 0.1.
model = dict(adaptations=dict(self_training=dict(kld_weight=0.1), self_training_aux=dict(kld_weight=0.01)))
default_hooks = dict(
    pseudo_labels=dict(
        labeler=dict(
            config='configs/pixintrada/pixintrada_t0_r101_gta2cs.py',
            checkpoint='work_dirs/pixintrada_t0_r101_gta2cs/iter_37500.pth',
        )
    )
)
