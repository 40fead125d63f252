from .iteration_seed_hook import IterationSeedHook
from .logger_hook import UDALoggerHook
from .pseudo_label_hook import PseudoLabelHook
from .stages_hook import StagesHook
from .sync_norm_statistics_hook import SyncNormStatisticsHook
from .update_param_scheduler_hook import UpdateParamSchedulerHook

__all__ = [
    'IterationSeedHook',
    'PseudoLabelHook',
    'StagesHook',
    'SyncNormStatisticsHook',
    'UDALoggerHook',
    'UpdateParamSchedulerHook',
]
