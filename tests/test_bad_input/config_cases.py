"""Bad configs, options and arguments."""

from .cases import EXPORT, GTA, LABEL, LOGS, ONNX, PREDICT, TEST, TRAIN, Case, add, options, write

SELF_TRAINING = 'model = dict(adaptations=dict(st=dict(type="SelfTraining", labeling=dict(selector={}))))'
START = options('load_from={dast}')

ARGUMENTS = (
    Case('config-absent', 'train {root}/none.py --work-dir {out}', r'config .*none\.py is neither a file .*similar'),
    Case('config-a-folder', 'train {root}/gta --work-dir {out}', r'config .*gta is neither a file'),
    Case('option-without-value', options('foo'), r"'foo'.*KEY=VALUE"),
    Case('test-option-without-value', f'{TEST} --cfg-options foo', r"'foo'.*KEY=VALUE"),
    Case('selector-option-without-value', f'{LABEL} --selector-options portion', r"'portion'.*KEY=VALUE"),
    Case('unknown-selector', f'{LABEL} --selector best', r'best.*'),
    Case('stage-of-a-config-without', f'{TRAIN} --stage da', r'--stage da: .*config\.py has no stages'),
    Case('label-stage-of-a-config-without', f'{LABEL} --stage da', r'--stage da: .*config\.py has no stages'),
    Case('unknown-pipeline', f'{LABEL} --pipeline test_pipelin', r'--pipeline: the config has no key test_pipelin'),
    Case(
        'slurm-without-ranks',
        f'{TRAIN} --launcher slurm',
        r'--launcher slurm: SLURM_PROCID is not set.*slurm_train\.sh',
    ),
    Case('pytorch-without-ranks', f'{TRAIN} --launcher pytorch', r'--launcher pytorch.*RANK.*tools/dist_train\.sh'),
    Case('mpi-without-ranks', f'{TRAIN} --launcher mpi', r'--launcher mpi: .* is not set'),
    Case('test-pytorch-without-ranks', f'{TEST} --launcher pytorch', r'--launcher pytorch.*RANK.*dist_test\.sh'),
    Case('opacity', f'{PREDICT} --opacity 2', r'--opacity must be'),
    Case('batch-size', f'{PREDICT} --batch-size 0', r'--batch-size must be positive'),
    Case('label-batch-size', f'{LABEL} --batch-size 0', r'--batch-size must be at least 1'),
    Case('label-workers', f'{LABEL} --num-workers -1', r'--num-workers must'),
    Case('device', f'{PREDICT} --device cuda:9', r'--device cuda:9'),
    Case('device-unknown', f'{PREDICT} --device gpu', r'--device gpu'),
    Case('converter-workers', GTA + ' --workers 0', r'--workers must be positive'),
    Case('onnx-size', f'{ONNX} --size 8 8', r'--size must be at least 32 32'),
)

KEYS = (
    Case('no-python', TRAIN, r'config\.py.*line \d+', add('model = dict(')),
    Case('undefined-name', TRAIN, r'config\.py.*name .nothing. is not defined', add('model = nothing')),
    Case('base-absent', TRAIN, r'none\.py', write('config.py', "_base_ = './none.py'\n")),
    Case('binary-config', TRAIN, r'config\.py', write('config.py', b'\x89PNG\r\n\x00\xff')),
    Case('empty-config', TRAIN, r'model of \S+config\.py', write('config.py', '')),
    Case('test-empty-config', TEST, r'model of \S+config\.py', write('config.py', '')),
    Case('predict-empty-config', PREDICT, r'config', write('config.py', '')),
    Case('export-empty-config', EXPORT, r'config', write('config.py', '')),
    Case('label-empty-config', LABEL, r'model of \S+config\.py', write('config.py', '')),
    Case('onnx-empty-config', ONNX, r'config', write('config.py', '')),
    Case('option-misspelt', options('train_cfg.max_iter=3'), r'train_cfg\.max_iters\?'),
    Case('option-misspelt-top', options('trian_cfg.max_iters=3'), r'trian_cfg.*train_cfg\?'),
    Case('option-below-a-number', options('train_cfg.max_iters.x=3'), r'train_cfg\.max_iters is 2'),
    Case('option-of-a-list', options('model.data_preprocessor.mean.7=3'), r'list of 3'),
    Case('option-adaptation', options('model.adaptations.atention.loss_weight=1'), r'atention.*attention'),
    Case(
        'imports-absent',
        TRAIN,
        r'no_such_module',
        add('custom_imports = dict(imports=["no_such_module"])'),
    ),
    Case('unknown-adaptation', options('model.adaptations.corrector.type=Corrector'), r'corrector.*Known: '),
    Case('unknown-selector-of-config', START, r'selector.*Best', add(SELF_TRAINING.format('dict(type="Best")'))),
    Case(
        'labels-by-an-untrained-net',
        TRAIN,
        r'load_from is not set',
        add(SELF_TRAINING.format('dict(type="BDLSelector")')),
    ),
    Case('no-model', TRAIN, r'model', add('model = None')),
    Case('no-train-dataloader', TRAIN, r'train_dataloader', add('train_dataloader = None')),
    Case('no-optimizers', TRAIN, r'optim_wrapper', add('optim_wrapper = None')),
    Case(
        'optimizer-of-discriminators-absent',
        TRAIN,
        r'optim_wrapper.*discriminators',
        add('optim_wrapper = dict(discriminators=None)'),
        LOGS,
    ),
    Case(
        'optimizer-of-segmentor-absent',
        TRAIN,
        r'optim_wrapper.*segmentor',
        add('optim_wrapper = dict(segmentor=None)'),
        LOGS,
    ),
    Case(
        'by-epoch',
        TRAIN,
        r'param_scheduler.*by_epoch=False',
        add('param_scheduler = dict(segmentor=[dict(type="PolyLR", end=2)])'),
    ),
    Case('no-target', options('train_dataloader.dataset.target=None'), r'needs target images'),
    Case('classes', options('model.decode_head.num_classes=7'), r'decode_head\.num_classes is 7.*19 classes'),
    Case('dropped-test-data', f'{TEST} --cfg-options test_dataloader=None', r'test_dataloader is not set'),
    Case(
        'amp-with-one-optimizer',
        f'{TRAIN} --amp',
        r'--amp needs',
        add('optim_wrapper = dict(_delete_=True, optimizer=dict(type="SGD", lr=0.1))'),
    ),
    Case(
        'schedule-of-nobody',
        TRAIN,
        r'param_scheduler',
        add('param_scheduler = dict(teacher=[dict(type="ConstantLR", by_epoch=False)])'),
    ),
)

CASES = (*ARGUMENTS, *KEYS)
