"""What losses on a teacher's labels share."""

from collections.abc import Mapping

from torch import Tensor

from mmseg_uda.errors import UserError

from ..domain_output import DomainOutput
from ..ops import StrongAugmentation


def labels_of(teacher: str, target: DomainOutput) -> dict[str, Tensor]:
    """What the adaptation of that name prepared: ``labels`` N,H,W int64 and ``weights`` N,H,W.

    Raises:
        UserError: There is none, or it prepared nothing.
    """
    if 'labels' not in target.store.get(teacher, {}):
        raise UserError(
            f"no labels of a teacher {teacher!r}: model.adaptations needs {teacher}=dict(type='EMATeacher'), or name "
            'the one there is as `teacher`'
        )
    return target.store[teacher]


def build_augmentation(key: str, segmentor, cfg: Mapping | None, **more) -> StrongAugmentation | None:
    """An augmentation of images as the segmentor's preprocessor normalizes them; None without a config.

    Args:
        key: The config key, for the error.
        segmentor: Whose preprocessor.
        cfg: Arguments of :class:`~mmseg_uda.models.ops.StrongAugmentation`.
        more: Further ones.

    Raises:
        UserError: The preprocessor does not normalize.
    """
    if cfg is None:
        return None
    preprocessor = segmentor.data_preprocessor
    if not hasattr(preprocessor, 'mean'):
        raise UserError(
            f'{key} jitters colors, so it must know the normalization: set model.data_preprocessor.mean and .std, or '
            f'{key}=None'
        )
    return StrongAugmentation(preprocessor.mean.clone(), preprocessor.std.clone(), **cfg, **more)
