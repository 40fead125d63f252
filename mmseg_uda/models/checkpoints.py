"""Whether a checkpoint belongs to a model."""

from collections.abc import Mapping

from mmengine.runner.checkpoint import CheckpointLoader
from torch import Tensor, nn

from mmseg_uda.errors import UserError
from mmseg_uda.models.adaptations import Adaptation


def unwrapped(model: nn.Module) -> nn.Module:
    """The model inside DDP or test-time augmentation."""
    while isinstance(getattr(model, 'module', None), nn.Module):
        model = model.module
    return model


def weights_of(checkpoint: Mapping, path: str) -> Mapping[str, Tensor]:
    """The weights among what a checkpoint file holds.

    Raises:
        UserError: There are none; the message names the file, ``path``.
    """
    saved = checkpoint.get('state_dict', checkpoint)
    if not isinstance(saved, Mapping) or not any(isinstance(value, Tensor) for value in saved.values()):
        raise UserError(f'{path} holds no weights by name: name a checkpoint of a training run')
    return saved


def read_weights(path: str) -> Mapping[str, Tensor]:
    """The weights of a checkpoint file, by the names that MMEngine loads them by: without DDP's ``module.``.

    Raises:
        UserError: It is none.
    """
    checkpoint = CheckpointLoader.load_checkpoint(path, map_location='cpu', logger='silent')
    return {key.removeprefix('module.'): value for key, value in weights_of(checkpoint, path).items()}


def check_some_fit(model: nn.Module, path: str) -> None:
    """Refuse a checkpoint to start from of which nothing fits the backbone, which would stay as it is.

    Raises:
        UserError: The message names a weight that was looked for.
    """
    model, saved = unwrapped(model), read_weights(path)
    state = model.state_dict()
    # Networks of text and images (MultimodalEncoderDecoder) have no part of this name.
    looked_for = {key: value for key, value in state.items() if key.startswith('backbone.')} or state
    if not any(key in saved and saved[key].shape == value.shape for key, value in looked_for.items()):
        raise UserError(
            f'load_from: {path} has none of the weights looked for, such as {next(iter(looked_for))}. Name a '
            'checkpoint of this network, or for weights of its backbone alone set model.backbone.init_cfg '
            '(docs/weights.md)'
        )


def check_fits(model: nn.Module, path: str) -> None:
    """Refuse a checkpoint that would leave weights random which predictions depend on.

    MMSeg loads what fits and only logs the rest. The weights of adaptations that do nothing at test (a discriminator of
    outputs, say) may be missing: an exported or a source-only model is tested under any method's config.

    Args:
        model: The model, wrapped or not.
        path: The checkpoint.

    Raises:
        UserError: Weights are missing or of another shape; the message names the first.
    """
    model, saved = unwrapped(model), read_weights(path)
    idle = tuple(
        f'{name}.' for name, module in model.named_modules() if isinstance(module, Adaptation) and not module.refines
    )
    unfit = [
        key
        for key, value in model.state_dict().items()
        if not key.startswith(idle) and (key not in saved or saved[key].shape != value.shape)
    ]
    if unfit:
        raise UserError(
            f"{path} does not fit the config's model: {len(unfit)} of its weights are missing or of another shape, "
            f'such as {unfit[0]}. Use the config it was trained with (a copy lies in its work dir)'
        )
