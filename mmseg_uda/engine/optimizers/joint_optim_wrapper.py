"""Several optimisers behind one sum of losses."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.device import get_device
from mmengine.logging import print_log
from mmengine.model import is_model_wrapper
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.registry import OPTIM_WRAPPERS
from torch import Tensor, nn
from torch.nn.utils import get_total_norm

from mmseg_uda.errors import UserError, choice
from mmseg_uda.models.segmentors.finite import NonFiniteLossError

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
        max_skipped: How many updates of a whole run may be left out because a gradient is NaN or infinite; the buffers
            (BatchNorm statistics, queues) are then those before the step. One more, or the first by default, ends the
            run. Not for ``float16``, whose scaler leaves out updates by itself.
        optim_wrappers: Named :class:`~mmengine.optim.OptimWrapper` objects, which clip their own gradients.

    Attributes:
        skipped: How many were left out so far; each is logged, and it is part of the state.

    Raises:
        UserError: For another ``amp_dtype``, or a ``max_skipped`` that is no number, or beside ``float16``.
    """

    def __init__(
        self,
        accumulative_counts: int = 1,
        amp_dtype: str | None = None,
        loss_scale: str | float = 'dynamic',
        max_skipped: int = 0,
        **optim_wrappers: OptimWrapper,
    ) -> None:
        super().__init__(**optim_wrappers)
        self.amp_dtype = AMP_DTYPES.get(choice('optim_wrapper.amp_dtype', amp_dtype, (*AMP_DTYPES, None)))
        self.device_type = torch.device(get_device()).type
        scaling = {} if loss_scale == 'dynamic' else dict(init_scale=loss_scale, growth_interval=2**31 - 1)
        self.scaler = torch.amp.GradScaler(self.device_type, enabled=self.amp_dtype is torch.float16, **scaling)
        if not isinstance(max_skipped, int) or max_skipped < 0:
            raise UserError(f'optim_wrapper.max_skipped is {max_skipped!r}, expected a number of updates, 0 for none')
        if max_skipped and self.amp_dtype is torch.float16:
            raise UserError(
                "optim_wrapper.max_skipped does not go with amp_dtype='float16', whose scaler leaves out updates by "
                "itself: remove it, or take 'bfloat16'"
            )
        self.max_skipped = max_skipped
        self.skipped = 0
        self._buffers: list[tuple[Tensor, Tensor]] = []
        # Counts micro-steps for all; its own optimiser is never stepped through it.
        self.counter = OptimWrapper(
            next(iter(optim_wrappers.values())).optimizer, accumulative_counts=accumulative_counts
        )

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Autocast, gradients of parts, and no gradient synchronization in micro-steps without an update."""
        segmentor = model.module if is_model_wrapper(model) else model
        segmentor.take_gradient = self.take_gradient
        segmentor.skips_non_finite = self.max_skipped > 0
        if self.max_skipped and not self._buffers:  # at the first step of an update
            self._buffers = [(buffer, buffer.clone()) for buffer in segmentor.buffers()]
        try:
            with (
                self.counter.optim_context(model),
                torch.autocast(self.device_type, dtype=self.amp_dtype, enabled=self.amp_dtype is not None),
            ):
                yield
        finally:
            del segmentor.take_gradient, segmentor.skips_non_finite

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
        is_finite = self.scaler.is_enabled() or self._has_finite_gradients()
        for wrapper in self.optim_wrappers.values():
            if is_finite:
                self._step(wrapper, **(step_kwargs or {}))
            wrapper.zero_grad(**(zero_kwargs or {}))
        self.scaler.update()
        if not is_finite:
            self._skip()
        self._buffers = []

    def _has_finite_gradients(self) -> bool:
        """Whether all gradients are numbers: the same on every rank, since they are averaged."""
        gradients = [p.grad for wrapper in self.optim_wrappers.values() for p in _with_gradient(wrapper)]
        return bool(get_total_norm(gradients, norm_type=float('inf')).isfinite())

    def _skip(self) -> None:
        """Leave an update out, as if the step had not been.

        Raises:
            NonFiniteLossError: It is one too many.
        """
        if self.skipped == self.max_skipped:
            already = f', after {self.skipped} updates that were left out (optim_wrapper.max_skipped)'
            raise NonFiniteLossError(
                f'a gradient is NaN or infinite{already if self.skipped else " though the losses are numbers"}. The '
                'weights are those before the step. Lower rates or loss weights, or clip gradients '
                '(optim_wrapper.segmentor.clip_grad)'
            )
        for buffer, before in self._buffers:
            buffer.copy_(before)
        self.skipped += 1
        print_log(f'Left out {self.skipped} of at most {self.max_skipped} updates that are no numbers', 'current')

    def _step(self, wrapper: OptimWrapper, **kwargs) -> None:
        if not self.scaler.is_enabled():
            wrapper.step(**kwargs)  # clips too
            return
        if wrapper.clip_grad_kwargs:
            self.scaler.unscale_(wrapper.optimizer)
            wrapper.clip_func(_with_gradient(wrapper), **wrapper.clip_grad_kwargs)
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
        """State of every optimiser, of the scaler if there is one, and how many updates were left out if any were."""
        state = super().state_dict()
        if self.skipped:
            state['skipped'] = self.skipped
        if self.scaler.is_enabled():
            state['loss_scaler'] = self.scaler.state_dict()
        return state

    def load_state_dict(self, state_dict: dict) -> None:
        """Inverse of :meth:`state_dict`; a scaler's state is ignored when training no longer uses one."""
        state_dict = dict(state_dict)
        self.skipped = state_dict.pop('skipped', 0)
        scaler = state_dict.pop('loss_scaler', None)
        if scaler is not None and self.scaler.is_enabled():
            self.scaler.load_state_dict(scaler)
        super().load_state_dict(state_dict)


def _with_gradient(wrapper: OptimWrapper) -> list[nn.Parameter]:
    return [p for group in wrapper.optimizer.param_groups for p in group['params'] if p.grad is not None]
