"""Whether a checkpoint belongs to a model."""

from mmengine.runner.checkpoint import CheckpointLoader
from torch import nn

from mmseg_uda.errors import UserError
from mmseg_uda.models.adaptations import Adaptation


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
    while isinstance(getattr(model, 'module', None), nn.Module):  # DDP, test-time augmentation
        model = model.module
    checkpoint = CheckpointLoader.load_checkpoint(path, map_location='cpu', logger='silent')
    saved = checkpoint.get('state_dict', checkpoint)
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
