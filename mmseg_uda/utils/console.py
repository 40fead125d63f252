"""What a person sees on the screen; the log file keeps everything."""

import importlib
import logging
import re
import warnings
from contextlib import AbstractContextManager, redirect_stdout

# (category, start of the message): what the stack prints at every start and a user can do nothing about.
KNOWN_WARNINGS = (
    (UserWarning, 'Fail to import ``MultiScaleDeformableAttention``'),
    (UserWarning, 'pkg_resources is deprecated'),
    (UserWarning, r"'pin_memory' argument is set as true but no accelerator"),
    (UserWarning, r'The torch.cuda.\*DtypeTensor constructors'),
    (UserWarning, 'Default ``avg_non_ignore`` is False'),
    (UserWarning, 'The draw is False'),
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
)
FILE_ONLY_ENDS = ('is skipped since its requires_grad=False',)


MISMATCH = 'The model and loaded state dict do not match exactly'


def lacks_only_adaptations(message: str) -> bool:
    """Whether a report of a mismatched checkpoint says no more than that a method starts from a model without it."""
    match = re.fullmatch(rf'{MISMATCH}\s+missing keys in source state_dict: (.+)', message.strip())
    return match is not None and all(key.startswith('adaptations.') for key in match[1].split(', '))


class ConsoleFilter(logging.Filter):
    """Keeps the resolved config, the environment and the list of hooks off the screen."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to show the record."""
        message = record.getMessage()
        return not (
            message.startswith(FILE_ONLY_STARTS) or message.endswith(FILE_ONLY_ENDS) or lacks_only_adaptations(message)
        )


class _Records:
    """In place of ``sys.stdout``: what is printed becomes a record of the log."""

    def __init__(self, logger: logging.Logger) -> None:
        self.logger = logger

    def write(self, text: str) -> None:
        if text.strip():  # print() writes its newline apart
            self.logger.log(logging.WARNING if text.startswith(MISMATCH) else logging.INFO, text.rstrip())

    def flush(self) -> None:
        pass


def prints_logged(logger: logging.Logger) -> AbstractContextManager:
    """Log what is printed inside, so that the log file keeps it and :class:`ConsoleFilter` sees it."""
    return redirect_stdout(_Records(logger))


def quiet_stack() -> None:
    """Silence :data:`KNOWN_WARNINGS`, by name, and what MMSeg prints at its import; all others are shown."""
    for category, message in KNOWN_WARNINGS:
        warnings.filterwarnings('ignore', message=message, category=category)
    importlib.import_module('mmseg_uda.utils.quiet_import')
