"""What ranks must share beyond gradients."""

from mmengine.dist import broadcast, is_distributed
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def broadcast_norm_statistics(model: nn.Module) -> None:
    """Give every rank the BatchNorm statistics of rank 0; a no-op without a process group.

    DistributedDataParallel as MMEngine builds it leaves buffers alone, so running means and variances drift apart and
    ranks would validate and label with different models. Other buffers (queues, counters) are per rank on purpose and
    stay.

    Args:
        model: Any module, wrapped or not. ``running_mean``, ``running_var`` and ``num_batches_tracked`` of its
            BatchNorm layers are overwritten in place on ranks other than 0.
    """
    if not is_distributed():
        return
    for module in model.modules():
        if isinstance(module, _BatchNorm):
            for buffer in module.buffers(recurse=False):
                broadcast(buffer, src=0)
