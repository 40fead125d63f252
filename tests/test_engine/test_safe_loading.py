"""Checkpoints load through MMEngine as weights and plain data, and nothing else does."""

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer, MessageHub
from mmengine.runner.checkpoint import CheckpointLoader

import mmseg_uda.engine  # noqa: F401, registers
from mmseg_uda.errors import UserError


def load(path):
    return CheckpointLoader.load_checkpoint(str(path), map_location='cpu')


def test_message_hub_goes_round(tmp_path):
    hub = MessageHub.get_instance('test_safe_loading')
    for value in (1.0, 2.0, 6.0):
        hub.update_scalar('train/loss', value)
    hub.update_info('best_score', np.float32(41.4))
    torch.save(dict(message_hub=hub.state_dict()), tmp_path / 'x.pth')
    for _ in range(2):  # loading once must not change what is allowed
        state = load(tmp_path / 'x.pth')['message_hub']
    buffer = state['log_scalars']['train/loss']
    assert isinstance(buffer, HistoryBuffer) and buffer.mean() == 3
    assert state['runtime_info']['best_score'] == np.float32(41.4)


class Asks:
    """Pickles as a call of a function."""

    def __init__(self, function, *arguments):
        self.asks = function, arguments

    def __reduce__(self):
        return self.asks


@pytest.mark.parametrize(
    'asks', [Asks(getattr, HistoryBuffer, '__init__'), Asks(getattr, np.ndarray, 'tofile'), Asks(print, 'hello')]
)
def test_code_is_refused(tmp_path, asks):
    torch.save(asks, tmp_path / 'x.pth')
    with pytest.raises(UserError, match=r'x\.pth is not loaded'):
        load(tmp_path / 'x.pth')


def test_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r'checkpoint .*none\.pth does not exist'):
        load(tmp_path / 'none.pth')


@pytest.mark.parametrize('text', ['no checkpoint', 'epoch 1', '<html>'])
def test_a_text_is_not_taken_for_code(tmp_path, text):
    (tmp_path / 'x.pth').write_text(text)
    with pytest.raises(UserError, match=r'x\.pth cannot be read; is it complete'):
        load(tmp_path / 'x.pth')


@pytest.mark.parametrize('size', [0, 700])
def test_incomplete_file_is_named(tmp_path, size):
    torch.save(dict(state_dict=dict(weight=torch.zeros(100))), tmp_path / 'x.pth')
    (tmp_path / 'x.pth').write_bytes((tmp_path / 'x.pth').read_bytes()[:size])
    with pytest.raises(UserError, match=r'x\.pth cannot be read; is it complete'):
        load(tmp_path / 'x.pth')
