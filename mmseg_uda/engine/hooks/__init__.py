from .iteration_seed_hook import IterationSeedHook
from .logger_hook import UDALoggerHook
from .pseudo_label_hook import PseudoLabelHook
from .sync_norm_statistics_hook import SyncNormStatisticsHook
from .update_param_scheduler_hook import UpdateParamSchedulerHook

__all__ = [
    'IterationSeedHook',
    'PseudoLabelHook',
    'SyncNormStatisticsHook',
    'UDALoggerHook',
    'UpdateParamSchedulerHook',
]
