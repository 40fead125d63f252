"""SAM, first run: the self-attention module, trained with a network on source images in place of the usual loss.

It takes the place of all other adaptations. Also needs ``train_dataloader = dict(dataset=dict(target=None))`` where the
target's images are not wanted.
"""

sam_module = dict(
    source_loss_weight=0,
    adaptations=dict(
        _delete_=True,
        sam_module=dict(
            type='SelfAttentionTraining',
            module=dict(type='SelfAttentionModule', channels=19),
            # The loss is on z'' = z + z'; False: on z'.
            skip=True,
        ),
    ),
)
