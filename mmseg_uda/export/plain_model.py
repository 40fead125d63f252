"""A trained segmentor without its adaptations: an ordinary EncoderDecoder."""

import copy
import inspect
from collections.abc import Iterator, Mapping

from mmseg.registry import MODELS
from torch import Tensor

from mmseg_uda.errors import UserError
from mmseg_uda.models.segmentors import UDASegmentor
from mmseg_uda.models.segmentors.uda_segmentor import build_adaptation


def plain_model(model: Mapping) -> dict:
    """``model`` of the plain config.

    Args:
        model: ``model`` of a config of this package; what it names must be registered.

    Raises:
        UserError: It is no :class:`UDASegmentor`, or an adaptation takes part in its predictions.
    """
    model = copy.deepcopy(dict(model))
    if model['type'] != 'UDASegmentor':
        raise UserError(f'model.type is {model["type"]!r}; what can be exported is a UDASegmentor')
    for name, adaptation_cfg in (model.get('adaptations') or {}).items():
        if adaptation_cfg is not None:
            _check_leaves_predictions_alone(name, adaptation_cfg)
    own = set(inspect.signature(UDASegmentor.__init__).parameters) - {'self', 'kwargs'}
    model = {key: value for key, value in model.items() if key not in own}
    model['type'] = 'EncoderDecoder'
    preprocessor = model.get('data_preprocessor')
    if preprocessor is not None and preprocessor['type'] == 'UDADataPreprocessor':
        preprocessor['type'] = 'SegDataPreProcessor'
    for part in dicts(model):
        _forget_pretrained(part)
    return model


def _check_leaves_predictions_alone(name: str, cfg: Mapping) -> None:
    adaptation = build_adaptation(name, dict(cfg))
    if adaptation.refines:
        raise UserError(
            f'predictions depend on model.adaptations.{name} ({type(adaptation).__name__}), which MMSeg does not '
            "have: test this model with its own config (MMSeg's tools/test.py takes it too), or export it to ONNX. If "
            'the adaptation has a switch that leaves predictions alone, set it with --cfg-options'
        )


def _forget_pretrained(part: dict) -> None:
    """Remove initial weights from a part of a model, since its weights are in the exported checkpoint."""
    part.pop('pretrained', None)
    init_cfg = part.get('init_cfg')
    if isinstance(init_cfg, Mapping) and init_cfg.get('type') == 'Pretrained':
        part['init_cfg'] = None
    elif isinstance(init_cfg, list | tuple):
        part['init_cfg'] = [cfg for cfg in init_cfg if cfg.get('type') != 'Pretrained']


def dicts(value) -> Iterator[dict]:
    """All dicts in a config value, itself included."""
    if isinstance(value, Mapping):
        yield value
    children = value.values() if isinstance(value, Mapping) else value
    if isinstance(value, Mapping | list | tuple):
        for child in children:
            yield from dicts(child)


def plain_state_dict(state_dict: Mapping[str, Tensor], model: Mapping) -> dict[str, Tensor]:
    """The plain model's weights, every key accounted for.

    Args:
        state_dict: Of the trained model.
        model: Of :func:`plain_model`.

    Raises:
        UserError: Weights are missing, of another shape, or belong to nothing.
    """
    # Not on the meta device: some networks' constructors read values of tensors.
    wanted = MODELS.build(copy.deepcopy(dict(model))).state_dict()
    kept = {key: value for key, value in state_dict.items() if not key.startswith('adaptations.')}
    unfit = [key for key, value in wanted.items() if key not in kept or kept[key].shape != value.shape]
    unfit += [key for key in kept if key not in wanted]
    if unfit:
        raise UserError(
            f"the checkpoint does not fit the config's model: {len(unfit)} weights are missing, of another shape or "
            f'have no place, such as {unfit[0]}. Use the config it was trained with (a copy lies in its work dir)'
        )
    return kept


def plain_meta(meta: Mapping) -> dict:
    """Of a checkpoint's ``meta`` what MMSeg reads from it (classes and palette), as plain lists."""
    dataset = meta.get('dataset_meta') or {}
    kept = {}
    if dataset.get('classes') is not None:
        kept['classes'] = [str(name) for name in dataset['classes']]
    if dataset.get('palette') is not None:
        kept['palette'] = [[int(part) for part in colour] for colour in dataset['palette']]
    return dict(dataset_meta=kept) if kept else {}
