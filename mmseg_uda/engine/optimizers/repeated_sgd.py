"""SGD whose groups may be updated several times a step, as AdaptSegNet's released parameter groups are."""

from collections.abc import Callable
from typing import Any

import torch
from mmengine.registry import OPTIMIZERS


@OPTIMIZERS.register_module()
class RepeatedSGD(torch.optim.SGD):
    """SGD that updates a parameter group ``repeats`` times on one gradient (docs/backbone_rate.md).

    The released optimisers of the AdaptSegNet lineage list a parameter of the backbone up to four times, and torch
    updates it each time it meets it: weight decay from the weights so far, momentum, step. The same is done here by
    ``repeats`` in a group's options, which is 1 where it is not given::

        optimizer=dict(type='RepeatedSGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4),
        paramwise_cfg=dict(custom_keys={'backbone.layer': dict(repeats=3)})

    Momentum is one buffer a parameter and ``repeats`` is part of the group, so checkpoints hold all of it. Arguments
    are those of :class:`torch.optim.SGD`, which ignores ``repeats``.
    """

    def step(self, closure: Callable | None = None) -> Any:
        """Update every group once, then those of two or more repeats again, and so on.

        Args:
            closure: As in torch; called once.
        """
        loss = super().step(closure)
        groups = self.param_groups
        for done in range(1, max(group.get('repeats', 1) for group in groups)):
            self.param_groups = [group for group in groups if group.get('repeats', 1) > done]
            super().step()
        self.param_groups = groups
        return loss
