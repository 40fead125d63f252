"""Several optimisers behind one sum of losses."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.device import get_device
from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.registry import OPTIM_WRAPPERS
from torch import Tensor, nn

from mmseg_uda.errors import choice

AMP_DTYPES = {'bfloat16': torch.bfloat16, 'float16': torch.float16}


@OPTIM_WRAPPERS.register_module()
class JointOptimWrapper(OptimWrapperDict):
    """The gradient of the sum of all losses, part by part, then a step of every optimiser.

    MMEngine's ``OptimWrapperDict`` leaves backward and step to the model; here ``BaseModel.train_step`` works as with a
    single optimiser. While a step is made, the model has :meth:`take_gradient` as an attribute of that name: a model
    whose step has parts calls it for each but the last, so that no two of their graphs are kept at once. Under
    DistributedDataParallel such gradients stay on their rank until the last backward pass, which averages the sums.

    Build it with :class:`JointOptimWrapperConstructor`.

    Args:
        accumulative_counts: Micro-steps per update. A last, partial accumulation is applied and scaled by its own
            length.
        amp_dtype: ``'bfloat16'`` (no loss scaling), ``'float16'`` (one scaler shared by all optimisers, CUDA) or None.
        loss_scale: ``'dynamic'`` or a scale that never grows, for ``float16`` only.
        optim_wrappers: Named :class:`~mmengine.optim.OptimWrapper` objects, which clip their own gradients.

    Raises:
        UserError: For another ``amp_dtype``.
    """

    def __init__(
        self,
        accumulative_counts: int = 1,
        amp_dtype: str | None = None,
        loss_scale: str | float = 'dynamic',
        **optim_wrappers: OptimWrapper,
    ) -> None:
        super().__init__(**optim_wrappers)
        self.amp_dtype = AMP_DTYPES.get(choice('optim_wrapper.amp_dtype', amp_dtype, (*AMP_DTYPES, None)))
        self.device_type = torch.device(get_device()).type
        scaling = {} if loss_scale == 'dynamic' else dict(init_scale=loss_scale, growth_interval=2**31 - 1)
        self.scaler = torch.amp.GradScaler(self.device_type, enabled=self.amp_dtype is torch.float16, **scaling)
        # Counts micro-steps for all; its own optimiser is never stepped through it.
        self.counter = OptimWrapper(
            next(iter(optim_wrappers.values())).optimizer, accumulative_counts=accumulative_counts
        )

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Autocast, gradients of parts, and no gradient synchronization in micro-steps without an update."""
        segmentor = model.module if is_model_wrapper(model) else model
        segmentor.take_gradient = self.take_gradient
        try:
            with (
                self.counter.optim_context(model),
                torch.autocast(self.device_type, dtype=self.amp_dtype, enabled=self.amp_dtype is not None),
            ):
                yield
        finally:
            del segmentor.take_gradient

    def take_gradient(self, loss: Tensor) -> None:
        """Backward of one part of a step's loss, a scalar, within :meth:`optim_context`."""
        with torch.autocast(self.device_type, enabled=False):
            self.scaler.scale(self.counter.scale_loss(loss)).backward()

    def initialize_count_status(self, model: nn.Module, init_counts: int, max_counts: int) -> None:
        """Tell where training starts and ends, so that a last partial accumulation is not lost."""
        self.counter.initialize_count_status(model, init_counts, max_counts)

    def should_update(self) -> bool:
        """Whether the micro-step just finished ends with an update; asked by the schedules too."""
        return self.counter.should_update()

    def update_params(self, loss: Tensor, step_kwargs: dict | None = None, zero_kwargs: dict | None = None) -> None:
        """Backward of what is left of ``loss``; every ``accumulative_counts`` calls, clip and step every optimiser.

        Args:
            loss: Sum of all losses, scalar; parts whose gradient was taken are constants in it.
            step_kwargs: Passed to every optimiser's ``step``.
            zero_kwargs: Passed to every ``zero_grad``.
        """
        self.counter.backward(self.scaler.scale(self.counter.scale_loss(loss)))
        if not self.should_update():
            return
        for wrapper in self.optim_wrappers.values():
            self._step(wrapper, **(step_kwargs or {}))
            wrapper.zero_grad(**(zero_kwargs or {}))
        self.scaler.update()

    def _step(self, wrapper: OptimWrapper, **kwargs) -> None:
        if not self.scaler.is_enabled():
            wrapper.step(**kwargs)  # clips too
            return
        if wrapper.clip_grad_kwargs:
            self.scaler.unscale_(wrapper.optimizer)
            parameters = [p for group in wrapper.optimizer.param_groups for p in group['params'] if p.grad is not None]
            wrapper.clip_func(parameters, **wrapper.clip_grad_kwargs)
        self.scaler.step(wrapper.optimizer, **kwargs)

    def get_lr(self) -> dict[str, list[float]]:
        """Learning rates for the log: ``<optimiser>.lr``, and ``<optimiser>.<group>.lr`` of groups of another name."""
        rates: dict[str, list[float]] = {}
        for key, wrapper in self.optim_wrappers.items():
            groups = wrapper.optimizer.param_groups
            for group in groups:
                name = group.get('name', '')  # given by the constructor
                name = '' if name == groups[0].get('name', '') else name
                rates.setdefault('.'.join(filter(None, (key, name, 'lr'))), [group['lr']])
        return rates

    def state_dict(self) -> dict:
        """State of every optimiser, and of the scaler if there is one."""
        state = super().state_dict()
        if self.scaler.is_enabled():
            state['loss_scaler'] = self.scaler.state_dict()
        return state

    def load_state_dict(self, state_dict: dict) -> None:
        """Inverse of :meth:`state_dict`; a scaler's state is ignored when training no longer uses one."""
        state_dict = dict(state_dict)
        scaler = state_dict.pop('loss_scaler', None)
        if scaler is not None and self.scaler.is_enabled():
            self.scaler.load_state_dict(scaler)
        super().load_state_dict(state_dict)
