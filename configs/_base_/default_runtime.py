"""What every config shares: imports, logging, checkpoints, hooks."""

custom_imports = dict(
    imports=['mmseg_uda.models', 'mmseg_uda.datasets', 'mmseg_uda.engine', 'mmseg_uda.evaluation'],
    allow_failed_imports=False,
)
default_scope = 'mmseg'
env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(type='SegLocalVisualizer', vis_backends=vis_backends, name='visualizer')
log_processor = dict(type='UDALogProcessor', by_epoch=False)
log_level = 'INFO'
load_from = None
resume = False
tta_model = dict(type='SegTTAModel')

# All hooks have a name here, so that config inheritance adds and changes them one by one.
default_hooks = dict(
    stages=dict(type='StagesHook'),  # MMSeg's own tools/train.py does not know them
    timer=dict(type='IterTimerHook'),
    logger=dict(type='UDALoggerHook', interval=50, log_metric_by_epoch=False),
    param_scheduler=dict(type='UpdateParamSchedulerHook'),
    checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=5000, max_keep_ckpts=3),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    visualization=dict(type='SegVisualizationHook'),
    iteration_seed=dict(type='IterationSeedHook'),
    termination=dict(type='TerminationHook'),  # SIGTERM saves, and ends with status 143
    missed_validation=dict(type='MissedValidationHook'),  # of the iteration that a run resumes at
    norm_statistics=dict(type='SyncNormStatisticsHook'),
    pseudo_labels=dict(type='PseudoLabelHook'),  # labels target images where an adaptation asks for it
)
