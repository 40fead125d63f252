"""Numbers that cannot be meant, and keys of a config that nothing reads."""

from .cases import TRAIN, Case, add, options

TYPO = 'model.adaptations.atention.x'
NUMBERS = {
    'train_cfg.max_iters': ('0', '-3', '2.5', 'many'),
    'optim_wrapper.segmentor.optimizer.lr': ('-1', 'float("inf")', 'float("nan")', '"fast"'),
    'optim_wrapper.segmentor.optimizer.momentum': ('1.5', '-0.1'),
    'model.adaptations.attention.loss_weight': ('-1', 'float("nan")', '"heavy"'),
    'train_dataloader.batch_size': ('0', '1.5'),
}


def nested(key: str, value: str) -> str:
    """``a = dict(b=value)`` of ``a.b``."""
    first, *words = key.split('.')
    return f'{first} = ' + ''.join(f'dict({word}=' for word in words) + value + ')' * len(words)


CASES = (
    *(
        Case(f'{key}-is-{value}', TRAIN, key.replace('.', r'\.'), add(nested(key, value)))
        for key, values in NUMBERS.items()
        for value in values
        if not key.startswith('train_')
    ),
    *(
        Case(f'{key}-is-{value}', options(f'{key}={value}'), key.replace('.', r'\.'))
        for key, values in NUMBERS.items()
        for value in values
        if key.startswith('train_')
    ),
    *(
        Case(f'misspelt-at-the-top-{wrong}', TRAIN, rf'{wrong} of .*did you mean {right}', add(f'{wrong} = {value}'))
        for wrong, right, value in (
            ('load_form', 'load_from', "'x.pth'"),
            ('trian_cfg', 'train_cfg', 'dict(max_iters=5)'),
            ('default_hook', 'default_hooks', 'dict(logger=dict(interval=1))'),
        )
    ),
    Case(
        'misspelt-in-a-stage', TRAIN, r'stages\.a of .*changes', add('stages = dict(a=dict(chnages=dict(model=None)))')
    ),
    Case(
        'misspelt-in-a-later-stage',
        TRAIN,
        r'stage b: .*train_cfg\.max_iter .*did you mean train_cfg\.max_iters',
        add('stages = dict(_delete_=True, a=dict(), b=dict(changes=dict(train_cfg=dict(max_iter=5))))'),
    ),
    Case(
        'misspelt-adaptation-of-a-later-stage',
        TRAIN,
        r'stage b: .*atention has no type.*attention',
        add(f'stages = dict(_delete_=True, a=dict(), b=dict(changes=dict({nested(TYPO, "1")})))'),
    ),
    Case(
        'momentum-of-a-norm',
        TRAIN,
        r'decode_head\.norm_cfg\.momentum is 3',
        add("model = dict(decode_head=dict(norm_cfg=dict(_delete_=True, type='BN', momentum=3)))"),
    ),
    Case(
        'misspelt-in-the-backbone', TRAIN, r'backbone\.dpth .*did you mean', add('model = dict(backbone=dict(dpth=18))')
    ),
    Case(
        'misspelt-adaptation',
        TRAIN,
        r'atention has no type.*attention',
        add(nested(TYPO, '1')),
    ),
)
