from .iteration_seed_hook import IterationSeedHook
from .logger_hook import UDALoggerHook
from .missed_validation_hook import MissedValidationHook
from .pseudo_label_hook import PseudoLabelHook
from .stages_hook import StagesHook
from .sync_norm_statistics_hook import SyncNormStatisticsHook
from .termination_hook import TerminationHook
from .update_param_scheduler_hook import UpdateParamSchedulerHook

__all__ = [
    'IterationSeedHook',
    'MissedValidationHook',
    'PseudoLabelHook',
    'StagesHook',
    'SyncNormStatisticsHook',
    'TerminationHook',
    'UDALoggerHook',
    'UpdateParamSchedulerHook',
]
