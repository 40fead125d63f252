"""What a person sees on the screen; the log file keeps everything."""

import importlib
import logging
import re
import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, redirect_stdout

# (category, start of the message): what the stack prints at every start and a user can do nothing about.
KNOWN_WARNINGS = (
    (UserWarning, 'Fail to import ``MultiScaleDeformableAttention``'),
    (UserWarning, 'pkg_resources is deprecated'),
    (UserWarning, r"'pin_memory' argument is set as true but no accelerator"),
    (UserWarning, r'The torch.cuda.\*DtypeTensor constructors'),
    (UserWarning, 'Default ``avg_non_ignore`` is False'),
    (UserWarning, 'The draw is False'),
    (UserWarning, '``build_loss`` would be deprecated'),
    (UserWarning, 'When align_corners=True, the output would more aligned'),
    (UserWarning, '.*MKL_NUM_THREADS'),
    (FutureWarning, 'torch.distributed.'),
    (FutureWarning, '.*broadcast_buffers'),
)

# What Runner and its parts log at construction: useful in the file, too long or too little for a screen.
FILE_ONLY_STARTS = (
    'Config:',
    '\n---',
    'Hooks will be executed',
    'paramwise_options',
    'Distributed training is not used',
    '"FileClient" will be deprecated',
    '"HardDiskBackend" is the alias',
    'The prefix is not set in metric class',
    'Loads checkpoint by',
    'Checkpoints will be saved to',  # the work dir, which is shown
    'Exp name: ',
    'Auto resumed from',  # "Load checkpoint from" says it too
    'resumed epoch: ',
    'Advance dataloader ',
)
FILE_ONLY_ENDS = ('is skipped since its requires_grad=False',)


MISMATCH = 'The model and loaded state dict do not match exactly'


def differs_in_adaptations_alone(message: str) -> bool:
    """Whether a report of a mismatched checkpoint says no more than that it is another method's, or none's."""
    start, *parts = message.strip().split('\n\n')
    keys = [re.fullmatch(r'(?:missing keys|unexpected key) in source state_dict: (.+)', part) for part in parts]
    return start == MISMATCH and all(
        match and all(key.startswith('adaptations.') for key in match[1].split(', ')) for match in keys
    )


def is_shown(message: str) -> bool:
    """Whether a message is for the screen and not for the log file alone."""
    return not (
        message.startswith(FILE_ONLY_STARTS)
        or message.endswith(FILE_ONLY_ENDS)
        or differs_in_adaptations_alone(message)
    )


class ConsoleFilter(logging.Filter):
    """Keeps what a user cannot use off the screen: :func:`is_shown`."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to show the record."""
        return is_shown(record.getMessage())


class _Prints:
    """In place of ``sys.stdout``: what is printed is handed on, a message at a time."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self.take = take

    def write(self, text: str) -> None:
        if text.strip():  # print() writes its newline apart
            self.take(text.rstrip())

    def flush(self) -> None:
        pass


def prints_logged(logger: logging.Logger) -> AbstractContextManager:
    """Log what is printed inside, so that the log file keeps it and :class:`ConsoleFilter` sees it."""
    return redirect_stdout(
        _Prints(lambda text: logger.log(logging.WARNING if text.startswith(MISMATCH) else logging.INFO, text))
    )


def prints_shown() -> AbstractContextManager:
    """Leave out of what is printed inside what is not for the screen, where there is no log."""
    screen = sys.stdout
    return redirect_stdout(_Prints(lambda text: print(text, file=screen) if is_shown(text) else None))


def quiet_stack() -> None:
    """Silence :data:`KNOWN_WARNINGS`, by name, and what MMSeg prints at its import; all others are shown."""
    for category, message in KNOWN_WARNINGS:
        warnings.filterwarnings('ignore', message=message, category=category)
    importlib.import_module('mmseg_uda.utils.quiet_import')
