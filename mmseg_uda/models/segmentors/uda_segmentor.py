"""The segmentor: a training step over two domains, in parts."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import torch
from mmengine.model import ModuleDict
from mmseg.models import EncoderDecoder
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from mmseg.utils import add_prefix
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmseg_uda.errors import UserError
from mmseg_uda.utils.checkpointing import checkpoint_activations
from mmseg_uda.utils.reached import reaching

from ..adaptations.base import Adaptation
from ..data_preprocessor import for_domains
from ..decode_heads.geometry import upsample
from ..decode_heads.inputs import read_indices
from ..decode_heads.pixel_losses import HeadOutput
from ..discriminators import BaseDiscriminator
from ..domain_output import DomainOutput, head_of
from .finite import check_finite
from .network import check_network, map_channels, one_map

DOMAINS = ('source', 'target')


def build_adaptation(name: str, cfg: dict) -> Adaptation:
    """Build ``model.adaptations.<name>`` from its config.

    Raises:
        UserError: The name cannot be used in a log, the type is missing or is not an adaptation, or its arguments are
            wrong.
    """
    key = f'model.adaptations.{name}'
    if not name.isidentifier() or 'loss' in name:
        raise UserError(
            f'{key}: the name must be a Python identifier without "loss" in it (losses are logged as {name}.loss_x)'
        )
    cls = MODELS.get(cfg['type']) if isinstance(cfg.get('type'), str) else cfg.get('type')
    if not (isinstance(cls, type) and issubclass(cls, Adaptation)):
        known = sorted(n for n, c in MODELS.module_dict.items() if isinstance(c, type) and issubclass(c, Adaptation))
        raise UserError(
            f'{key}.type is {cfg.get("type")!r}, which is no adaptation. Known: {", ".join(known)}. One of your own is '
            'known once its module is in custom_imports.'
        )
    try:
        adaptation = MODELS.build(cfg)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f'{key}: {error}') from error
    adaptation.name = name
    return adaptation


def check_discriminators(adaptation: Adaptation) -> None:
    """The pass with constant weights would update a discriminator's buffers too.

    Raises:
        UserError: It has some.
    """
    for discriminator in adaptation.modules():
        if isinstance(discriminator, BaseDiscriminator) and any(True for _ in discriminator.buffers()):
            raise UserError(
                f'model.adaptations.{adaptation.name}: a discriminator must not have buffers (BatchNorm, spectral '
                'norm): the pass with constant weights would update them too'
            )


def _add(losses: dict[str, Tensor], part: dict[str, Tensor]) -> None:
    if again := losses.keys() & part.keys():
        raise UserError(f'{sorted(again)[0]} is given twice in one step; give each loss a name of its own')
    losses.update(part)


@MODELS.register_module()
class UDASegmentor(EncoderDecoder):
    """An :class:`~mmseg.models.EncoderDecoder` whose ``loss`` takes two domains and adds its adaptations' losses.

    A step is a sequence of parts, see :mod:`mmseg_uda.models.adaptations.base`. They sum to one loss, which gives the
    segmentor and every discriminator the gradients of the usual alternating scheme. Under a
    :class:`~mmseg_uda.engine.optimizers.JointOptimWrapper` the gradient of each part is taken before the next is made;
    any other optimiser wrapper takes that of the sum, with the memory of all parts. Testing is MMSeg's, with the
    refinements that adaptations make on target images.

    Args:
        adaptations: ``{name: dict(type=..., ...)}``. A dict, so that config inheritance merges methods; ``name=None``
            removes an inherited one. Losses are logged as ``name.loss_x``.
        domain_order: Order in which the domains are run; BatchNorm statistics depend on it. With the target first both
            are one part.
        source_loss_weight: Weight of the supervised losses on source images; 0 leaves them out.
        norm_eval: Keep BatchNorm layers in eval mode while training (DAST's self-training rounds).
        activation_checkpointing: Recompute the activations of the backbone's and neck's blocks in the backward pass
            instead of keeping them: less memory for more time (docs/memory.md). For what a block is see
            :func:`~mmseg_uda.utils.checkpointing.is_block`.
        kwargs: Arguments of EncoderDecoder. A ``data_preprocessor`` of MMSeg's, which takes one domain, becomes a
            :class:`~mmseg_uda.models.UDADataPreprocessor`.

    Attributes:
        take_gradient: Takes the gradient of a part's loss, a scalar; set by the optimiser wrapper while a step is made.
        skips_non_finite: Whether that leaves out updates of losses that are no numbers; set by it too.

    Raises:
        UserError: A network that cannot be adapted, a wrong adaptation or domain, or nothing to recompute; it names the
            config key.
    """

    take_gradient: Callable[[Tensor], None] | None = None
    skips_non_finite = False

    def __init__(
        self,
        adaptations: dict[str, dict] | None = None,
        domain_order: Sequence[str] = DOMAINS,
        source_loss_weight: float = 1.0,
        norm_eval: bool = False,
        activation_checkpointing: bool = False,
        **kwargs,
    ) -> None:
        check_network(kwargs)
        super().__init__(**kwargs | dict(data_preprocessor=for_domains(kwargs.get('data_preprocessor'))))
        if sorted(domain_order) != sorted(DOMAINS):
            raise UserError(f'model.domain_order is {domain_order}, expected an order of {DOMAINS}')
        self.domain_order = tuple(domain_order)
        self.source_loss_weight = source_loss_weight
        self.norm_eval = norm_eval
        if activation_checkpointing:
            self._checkpoint_activations()
        wanted = {name: cfg for name, cfg in (adaptations or {}).items() if cfg is not None}
        if wanted and self.out_channels == 1:
            raise UserError(
                'model.decode_head.out_channels is 1, but adaptations read a softmax over classes: remove it, '
                'threshold, and use_sigmoid from loss_decode, so that the head has a map for each of its two classes'
            )
        self.adaptations = ModuleDict({name: build_adaptation(name, cfg) for name, cfg in wanted.items()})
        for adaptation in self.adaptations.values():
            adaptation.setup(self)
            check_discriminators(adaptation)

    def _checkpoint_activations(self) -> None:
        if not checkpoint_activations(self.backbone):
            raise UserError(
                f'model.activation_checkpointing=True: {type(self.backbone).__name__} has no blocks to recompute, that '
                'is modules with a `with_cp` as in MMSeg, or of a class with `checkpointable = True`; remove the key'
            )
        if self.with_neck:
            checkpoint_activations(self.neck)  # one without blocks (an FPN) is kept as it is

    def train(self, mode: bool = True) -> 'UDASegmentor':
        """Set the training mode; BatchNorm stays in eval mode with ``norm_eval``."""
        super().train(mode)
        if self.norm_eval:
            for module in self.modules():
                if isinstance(module, _BatchNorm):
                    module.eval()
        return self

    @property
    def heads(self) -> dict[str, nn.Module]:
        """The head of each level: ``'decode'``, and ``'aux'``, or ``'aux_0'``, ``'aux_1'``, ... of a list."""
        heads = dict(decode=self.decode_head)
        if not self.with_auxiliary_head:
            return heads
        if isinstance(self.auxiliary_head, nn.ModuleList):
            return heads | {f'aux_{i}': head for i, head in enumerate(self.auxiliary_head)}
        return heads | dict(aux=self.auxiliary_head)

    def head(self, level: str) -> nn.Module:
        """The head of one level.

        Raises:
            UserError: The network has no such level.
        """
        return head_of(self.heads, level)

    @property
    def tap_index(self) -> int:
        """Which of the backbone's outputs is the tap: with a neck the last, else the last that decode_head reads."""
        return -1 if self.with_neck else read_indices(self.decode_head)[-1]

    def tap_channels(self) -> int:
        """Channels of the tap.

        Raises:
            UserError: It is no map.
        """
        return map_channels(self.backbone)[self.tap_index]

    def feature_channels(self) -> list[int]:
        """Channels of each of the maps among which the heads choose by ``in_index``.

        Raises:
            UserError: They are no maps.
        """
        return map_channels(self.backbone, self.neck if self.with_neck else None)

    def upsample(self, logits: Tensor, size: Sequence[int]) -> Tensor:
        """Bring the decode head's logits N,C,h,w to ``size`` (H, W): :func:`.decode_heads.geometry.upsample`."""
        return upsample(self.decode_head, logits, size)

    def run_domain(
        self,
        inputs: Tensor,
        samples: list[SegDataSample] | None,
        domain: str,
        training: bool,
    ) -> DomainOutput:
        """Run the network on the images of one domain, with every adaptation's refinements.

        Args:
            inputs: Preprocessed images, N,3,H,W.
            samples: Their data samples.
            domain: ``'source'`` or ``'target'``; a test image is a target image.
            training: Whether this is a training step.

        Returns:
            The features and low-resolution logits; see :class:`DomainOutput`.
        """
        return self.run(DomainOutput(self.heads, domain, training, inputs, samples))

    def run(self, output: DomainOutput) -> DomainOutput:
        """Run the network on the inputs of ``output``, and return it with features and logits."""
        features = list(self.backbone(output.inputs))
        output.tap = features[self.tap_index]
        for adaptation in self.adaptations.values():
            features[self.tap_index] = adaptation.refine_tap(features[self.tap_index], output)
        features = tuple(self.neck(tuple(features)) if self.with_neck else features)
        for adaptation in self.adaptations.values():
            features = adaptation.refine_features(features, output)
        output.features = features
        logits = self.decode_head(features)
        if isinstance(logits, HeadOutput):
            logits, output.extras = logits
        logits = one_map(self.decode_head, logits)
        for adaptation in self.adaptations.values():
            logits = adaptation.refine_prediction(logits, output)
        output.logits = logits
        return output

    def extract_feat(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """Features the heads read for target images, as at test; MMSeg's interface."""
        return self.run_domain(inputs, None, 'target', training=False).features

    def _forward(self, inputs: Tensor, data_samples: list[SegDataSample] | None = None) -> Tensor:
        return self.run_domain(inputs, data_samples, 'target', training=False).logits

    def encode_decode(self, inputs: Tensor, batch_img_metas: list[dict]) -> Tensor:
        """Logits of target images at the padded input's size, N,C,H,W; MMSeg's interface."""
        logits = self._forward(inputs)
        return self.decode_head.predict_by_feat(logits, batch_img_metas)

    def loss(self, inputs: dict[str, Tensor] | Tensor, data_samples: dict | list) -> dict[str, Tensor]:
        """Losses of one step.

        Args:
            inputs: ``{'source': N,3,H,W, 'target': N,3,h,w}``, either may be absent. A tensor is a source batch, so
                plain MMSeg datasets train too.
            data_samples: Data samples in the same form.

        Returns:
            ``decode.loss_*``, ``aux.loss_*`` on source and ``<adaptation>.loss_*``, scalars. Those whose gradient was
            taken are detached, so that a backward of the sum takes what is left.

        Raises:
            UserError: An adaptation needs a domain that the step lacks, gives a loss without gradients, or a name
                twice.
            NonFiniteLossError: A loss is NaN or infinite.
        """
        if isinstance(inputs, Tensor):
            inputs, data_samples = dict(source=inputs), dict(source=data_samples)
        losses: dict[str, Tensor] = {}
        for part, is_last in self._parts(inputs, data_samples):
            _add(losses, part if is_last or self.take_gradient is None else self._taken(part))
        check_finite(losses, chain(*data_samples.values()), self.skips_non_finite)
        return losses if self.take_gradient is None else self._reach_early_parameters(losses)

    def _parts(
        self, inputs: dict[str, Tensor], data_samples: dict[str, list[SegDataSample]]
    ) -> Iterator[tuple[dict[str, Tensor], bool]]:
        """Yield the losses of each part, and whether it is known to be the last."""
        source, target = (
            DomainOutput(self.heads, domain, True, inputs[domain], data_samples[domain]) if domain in inputs else None
            for domain in DOMAINS
        )
        self._check_domains(dict(source=source, target=target))
        self._prepare(source, target)
        with_passes = [a for a in self.adaptations.values() if type(a).passes is not Adaptation.passes]
        if source is not None and target is not None and not self._is_one_part:
            self._run_if_read(source)
            yield self._source_losses(source), False
            source = source.detached()
            self._run_if_read(target)
            yield self._target_losses(source, target), not with_passes
        else:
            for output in sorted(filter(None, (source, target)), key=lambda o: self.domain_order.index(o.domain)):
                self._run_if_read(output)
            losses = self._source_losses(source)
            _add(losses, self._target_losses(source, target))
            yield losses, not with_passes
        source, target = (output and output.detached() for output in (source, target))
        for adaptation in with_passes:
            for losses in adaptation.passes(self, source, target):
                yield self._named(adaptation, losses), False

    def _check_domains(self, outputs: dict[str, DomainOutput | None]) -> None:
        for name, adaptation in self.adaptations.items():
            for domain in adaptation.requires:
                if outputs[domain] is None:
                    raise UserError(
                        f'model.adaptations.{name} ({type(adaptation).__name__}) needs {domain} images: set '
                        f'train_dataloader.dataset.{domain}, or remove the adaptation'
                    )

    @torch.no_grad()
    def _prepare(self, source: DomainOutput | None, target: DomainOutput | None) -> None:
        for adaptation in self.adaptations.values():
            adaptation.prepare(self, source, target)
        # Older torch would use weights again that were cast here, without gradients.
        torch.clear_autocast_cache()

    @property
    def _is_one_part(self) -> bool:
        return self.domain_order != DOMAINS or any(a.source_gradients for a in self.adaptations.values())

    def _run_if_read(self, output: DomainOutput) -> None:
        read = {domain for adaptation in self.adaptations.values() for domain in adaptation.forwards}
        if self.source_loss_weight:
            read.add('source')
        if output.domain in read or not self.adaptations:
            self.run(output)

    def _source_losses(self, source: DomainOutput | None) -> dict[str, Tensor]:
        losses: dict[str, Tensor] = {}
        if source is None:
            return losses
        if self.source_loss_weight:
            losses.update(self.supervised_loss(source))
        for adaptation in self.adaptations.values():
            losses.update(self._named(adaptation, adaptation.source_loss(self, source)))
        return losses

    def _target_losses(self, source: DomainOutput | None, target: DomainOutput | None) -> dict[str, Tensor]:
        losses: dict[str, Tensor] = {}
        for adaptation in self.adaptations.values():
            losses.update(self._named(adaptation, adaptation.loss(self, source, target)))
        return losses

    def _named(self, adaptation: Adaptation, losses: dict[str, Tensor]) -> dict[str, Tensor]:
        for key, value in losses.items():
            if 'loss' in key and torch.is_grad_enabled() and not value.requires_grad:
                raise UserError(
                    f'model.adaptations.{adaptation.name} ({type(adaptation).__name__}) gives {key} without gradients. '
                    'A loss of source images belongs into source_loss, or the class sets source_gradients = True; '
                    'where nothing was selected, return 0 times something that has gradients'
                )
        return add_prefix(losses, adaptation.name)

    def _taken(self, part: dict[str, Tensor]) -> dict[str, Tensor]:
        """Take the gradient of a part; its values for the log."""
        total, values = self.parse_losses(part)
        del values['loss']
        if any('loss' in name for name in values):
            self.take_gradient(total)
        return {name: value.detach() for name, value in values.items()}

    def _reach_early_parameters(self, losses: dict[str, Tensor]) -> dict[str, Tensor]:
        """Let the last backward pass reach the parameters that earlier parts gave gradients."""
        early = [p for p in self.parameters() if p.grad is not None]
        name = next((n for n, value in losses.items() if 'loss' in n and isinstance(value, Tensor)), None)
        if early and name is not None:
            losses[name] = reaching(losses[name], early)
        return losses

    def supervised_loss(self, source: DomainOutput) -> dict[str, Tensor]:
        """The heads' own losses on labelled images, times ``source_loss_weight``."""
        losses: dict[str, Tensor] = {}
        for level, head in self.heads.items():
            losses.update(add_prefix(head.loss_by_feat(source.head_output(level), source.samples), level))
        return {name: value * self.source_loss_weight if 'loss' in name else value for name, value in losses.items()}
