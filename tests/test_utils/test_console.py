"""What stays off the screen."""

import logging

import pytest

from mmseg_uda.utils.console import ConsoleFilter, prints_shown

MISMATCH = 'The model and loaded state dict do not match exactly\n\n'


@pytest.mark.parametrize(
    'message, shown',
    [
        ('Config:\nmodel = ...', False),
        ('Iter(train) [50/100]  loss: 1.0', True),
        (MISMATCH + 'missing keys in source state_dict: adaptations.a.x, adaptations.b.y\n', False),
        (MISMATCH + 'missing keys in source state_dict: adaptations.a.x, backbone.y\n', True),
        (MISMATCH + 'size mismatch for backbone.x\n\nmissing keys in source state_dict: adaptations.a.x\n', True),
        (MISMATCH + 'unexpected key in source state_dict: adaptations.b.x\n', False),
        (
            MISMATCH
            + 'unexpected key in source state_dict: adaptations.b.x, adaptations.b.y\n\n'
            + 'missing keys in source state_dict: adaptations.a.x\n',
            False,
        ),
        (
            MISMATCH
            + 'unexpected key in source state_dict: fc.x\n\nmissing keys in source state_dict: adaptations.a.x\n',
            True,
        ),
        (MISMATCH + 'unexpected key in source state_dict: fc.x\n', True),
        (MISMATCH + 'size mismatch for decode_head.x\n', True),
    ],
)
def test_records(message, shown):
    record = logging.LogRecord('mmengine', logging.INFO, __file__, 1, message, None, None)
    assert ConsoleFilter().filter(record) == shown


def test_prints_are_left_out_alike(capsys):
    with prints_shown():
        print('Loads checkpoint by local backend from path: a.pth')
        print('seen')
        print(MISMATCH + 'missing keys in source state_dict: adaptations.a.x\n')
    print('after')
    assert capsys.readouterr().out == 'seen\nafter\n'
