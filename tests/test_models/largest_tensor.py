"""How large tensors become on the way, for tests of what is never held."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class LargestTensor(TorchDispatchMode):
    """Records the number of elements of the largest tensor that an operation returns, views included."""

    elements = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        for out in made if isinstance(made, tuple | list) else (made,):
            if isinstance(out, torch.Tensor):
                self.elements = max(self.elements, out.numel())
        return made
