"""Numbers of a config that cannot be meant."""

import math
import re
from typing import Any

from mmengine.config import Config

from mmseg_uda.errors import UserError

from .options import top_keys
from .settings import leaves

INF = float('inf')
RANGES = {
    r'model\.adaptations\..*\.(portion|cap|alpha|min_share)': (0, 1),
    r'(.*\.)?(drop_path_rate|momentum|prob|flip_ratio)': (0, 1),
    r'(.*\.)?dropout_ratio': (-1, 1),  # -1 is MMSeg's for none
    r'model\.(.*\.)?(?!class_)\w+_weight': (0, INF),  # class_weight may name a file
    r'optim_wrapper\..*\.(lr|weight_decay|lr_mult|decay_mult)': (0, INF),
    r'param_scheduler\..*\.(eta_min|start_factor|end_factor)': (0, INF),
    r'\w+_dataloader\.batch_size|train_cfg\.(max_iters|val_interval)': (1, INF),
    r'\w+_dataloader\.num_workers': (0, INF),
}
"""What numbers may be, by the whole key, ends included; infinity is none."""

WHOLE = r'.*\.(batch_size|num_workers|max_iters|val_interval)'


def check_numbers(cfg: Config) -> None:
    """Refuse NaN anywhere, and numbers out of their range.

    Raises:
        UserError: The message names the key and the range.
    """
    for name in top_keys() & cfg.keys():
        for key, value in leaves(cfg[name], name):
            if isinstance(value, float) and math.isnan(value):
                raise UserError(f'{key} is NaN: set it to a number')
            for pattern, (low, high) in RANGES.items():
                if value is not None and not isinstance(value, bool) and re.fullmatch(pattern, key):
                    _check(key, value, low, high)


def _check(key: str, value: Any, low: float, high: float) -> None:
    kind = int if re.fullmatch(WHOLE, key) else int | float
    if not isinstance(value, kind) or math.isinf(value) or not low <= value <= high:
        what = 'a whole number' if kind is int else 'a finite number'
        raise UserError(
            f'{key} is {value!r}, expected {what} {f"from {low}" if high == INF else f"in [{low}, {high}]"}'
        )
