"""Run a module whose weights are constants of the graph."""

from torch import Tensor, nn
from torch.func import functional_call


def with_constant_weights(module: nn.Module, *inputs: Tensor) -> Tensor:
    """``module(*inputs)`` with gradients to the inputs and none to the module's parameters.

    This is the segmentor's half of an adversarial step: the same numbers as freezing the discriminator, without
    touching ``requires_grad``, so it works inside one forward pass and under DistributedDataParallel. A module in eval
    mode is called as it is, which a tracer can follow.

    Args:
        module: A module without buffers (a buffer such as a running mean would still be updated).
        inputs: Its inputs.

    Returns:
        The module's output.
    """
    if not module.training:
        return module(*inputs)
    constants = {name: parameter.detach() for name, parameter in module.named_parameters()}
    return functional_call(module, constants, inputs)
