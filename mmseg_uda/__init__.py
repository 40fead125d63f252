"""Unsupervised domain adaptation for MMSegmentation 1.x.

Importing this package is light: it only checks that the stack it needs is installed. Components register themselves
when ``mmseg_uda.models``, ``.datasets``, ``.engine`` and ``.evaluation`` are imported, which every config does through
``custom_imports``.
"""

from .utils.stack import check_stack
from .version import __version__

check_stack()

__all__ = ['__version__']
