"""What a user can mend, as one exception."""

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar('T')


class UserError(ValueError):
    """A config, file, folder or argument that cannot work; the message names it, and says what to do.

    Every tool prints it as ``Error: <message>`` without a traceback (:func:`mmseg_uda.utils.command.run_tool`).
    """


def choice(name: str, value: T, options: Iterable[T]) -> T:
    """Return a value that must be one of a few.

    Args:
        name: What to call it in the message, such as ``'MaxCosine.reduction'``.
        value: What was given.
        options: What is known.

    Raises:
        UserError: The value is none of them.
    """
    options = tuple(options)
    if value not in options:
        raise UserError(f'{name} must be one of {", ".join(map(repr, options))}, got {value!r}')
    return value
