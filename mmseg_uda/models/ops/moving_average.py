"""The moving average of a network (Tarvainen and Valpola, Mean Teachers, NIPS 2017)."""

from mmengine.model import ExponentialMovingAverage
from torch import Tensor, nn


class RampedMovingAverage(ExponentialMovingAverage):
    """MMEngine's moving average with the ramp of DACS and DAFormer.

    The first update copies the network. Update t = 1, 2, ... makes ``a * average + (1 - a) * network`` of each
    parameter, with ``a = min(1 - 1 / (t + ramp), alpha)``. Buffers are the network's own.

    Args:
        model: What is averaged; a copy of it holds the average.
        alpha: Share of the average that an update keeps in the long run, in (0.5, 1).
        ramp: 1: updates at the start of an iteration, as in DAFormer; 0: what DACS's at the end of it come to.
        interval: Calls from one update to the next, where gradients are accumulated.
    """

    def __init__(self, model: nn.Module, alpha: float = 0.999, ramp: int = 1, interval: int = 1) -> None:
        super().__init__(model, momentum=1 - alpha, interval=interval)
        self.ramp = ramp
        self.share = 1.0

    def update_parameters(self, model: nn.Module) -> None:
        """Move all parameters, and take the buffers."""
        updates = int(self.steps) // self.interval
        self.share = max(self.momentum, 1 / (updates + self.ramp)) if updates else 1.0
        super().update_parameters(model)

    def avg_func(self, averaged_param: Tensor, source_param: Tensor, steps: Tensor) -> None:
        """Move one parameter by the share of the network, in place."""
        averaged_param.lerp_(source_param, self.share)
