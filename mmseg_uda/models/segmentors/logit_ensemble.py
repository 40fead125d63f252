"""Two models at test, as ADVENT's published AdvEnt+MinEnt."""

from mmengine.runner import load_checkpoint
from mmseg.registry import MODELS
from torch import Tensor

from mmseg_uda.errors import UserError
from mmseg_uda.utils.configs import load_config

from ..checkpoints import check_fits
from .uda_segmentor import UDASegmentor


@MODELS.register_module()
class LogitEnsemble(UDASegmentor):
    """A segmentor whose predictions are the mean of its own logits and another model's; for testing.

    The config and the checkpoint of a test are the first model's, the other comes with its own::

        python tools/test.py CONFIG CHECKPOINT --cfg-options model.type=LogitEnsemble \\
            model.other_config=OTHER_CONFIG model.other_checkpoint=OTHER_CHECKPOINT

    Args:
        other_config: Path of the other model's config.
        other_checkpoint: Path of its checkpoint.
        kwargs: The first model's, see :class:`UDASegmentor`.

    Raises:
        UserError: The two predict different numbers of classes, the checkpoint is another model's, or the ensemble is
            trained.
    """

    def __init__(self, other_config: str, other_checkpoint: str, **kwargs) -> None:
        super().__init__(**kwargs)
        other = MODELS.build(load_config(other_config).model)
        if other.num_classes != self.num_classes:
            raise UserError(
                f'model.other_config: {other_config} predicts {other.num_classes} classes, the first model '
                f'{self.num_classes}'
            )
        check_fits(other, other_checkpoint)
        load_checkpoint(other, other_checkpoint, map_location='cpu', logger='silent')
        # In a tuple, so that checkpoints of this model are the first model's.
        self._others = (other.eval(),)

    def encode_decode(self, inputs: Tensor, batch_img_metas: list[dict]) -> Tensor:
        """Mean logits at the padded input's size, N,C,H,W; MMSeg's interface."""
        (other,) = self._others
        theirs = other.to(inputs.device).encode_decode(inputs, batch_img_metas)
        return (super().encode_decode(inputs, batch_img_metas) + theirs) / 2

    def loss(self, *args, **kwargs) -> dict[str, Tensor]:
        """Refuse to train."""
        raise UserError('model.type=LogitEnsemble is for testing: train each model by its own config')
