"""Configs by path or by name: files, those of this package, and bases of installed packages (``mmseg::``)."""

from collections.abc import Iterable
from difflib import get_close_matches
from importlib import metadata
from pathlib import Path

from mmengine.config import Config
from mmengine.config.utils import MODULE2PACKAGE, ConfigParsingError

from mmseg_uda.errors import UserError

from .packaged import CONFIGS
from .stack import REQUIRED

PACKAGE = 'mmseg_uda'


def register_packages() -> None:
    """Tell MMEngine where the configs of ``_base_ = 'mmseg::...'`` and ``'mmseg_uda::...'`` are.

    MMEngine knows MMSeg by its upstream distribution only. Ours is given as a module, whose folder it takes: asked for
    the distribution, upstream's MMEngine misses the folder of an editable install.
    """
    for distribution in REQUIRED['mmseg'][0]:
        if any(metadata.distributions(name=distribution)):
            MODULE2PACKAGE['mmseg'] = distribution
    MODULE2PACKAGE[PACKAGE] = f'{PACKAGE}.version'


register_packages()


def format_once() -> None:
    """Let MMEngine format a config's text once: it does so again and again in a run, and at every checkpoint.

    Its formatting also takes a Ctrl-C for an error of syntax.
    """
    whole = Config.pretty_text.fget
    texts: dict[str, str] = {}

    def pretty_text(self: Config) -> str:
        """Get formatted python config text."""
        key = repr(self._cfg_dict)
        if key not in texts:
            texts.clear()
            texts[key] = whole(self)
        return texts[key]

    Config.pretty_text = property(pretty_text)


format_once()


def load_config(path: str | Path) -> Config:
    """Read a config.

    Args:
        path: Of the file; its bases may be ``mmseg::`` and ``mmseg_uda::`` ones.

    Raises:
        UserError: What is written in it, or in a base, fails.
    """
    try:
        cfg = Config.fromfile(path)
    except UserError:
        raise
    except (SyntaxError, ConfigParsingError, OSError) as error:
        raise UserError(f'config {path} cannot be read: {error}. Correct it, or the base that it names') from error
    except (NameError, ImportError, LookupError, TypeError, AttributeError, ValueError) as error:
        raise UserError(
            f'config {path} cannot be read: {type(error).__name__}{_line(error)}: {error}. Correct it, or its base'
        ) from error
    _forget_scope(cfg.values())
    return cfg


def _line(error: Exception) -> str:
    """Where in a config an error comes from, if that is where it comes from: MMEngine compiles it without a name."""
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f' in line {trace.tb_lineno}' if trace.tb_frame.f_code.co_name == '<module>' else ''


def find_config(path: str | Path) -> str:
    """Find the file that a command line means by a config.

    Args:
        path: A file, or the path of one of this package's configs, with or without ``configs/`` before it.

    Raises:
        UserError: There is no such config; the message names similar ones.
    """
    if Path(path).is_file():
        return str(path)
    name = str(path).removeprefix('configs/')
    if (CONFIGS / name).is_file():
        return str(CONFIGS / name)
    known = {config.stem: config.relative_to(CONFIGS) for config in sorted(CONFIGS.glob('[!_]*/*.py'))}
    near = ', '.join(str(known[stem]) for stem in get_close_matches(Path(path).stem, known)) or 'none'
    raise UserError(f'config {path} is neither a file nor one of {CONFIGS}; similar names there: {near}')


def _forget_scope(values: Iterable) -> None:
    """Remove ``_scope_='mmseg_uda'``, which MMEngine writes below ``mmseg_uda::`` bases.

    It would look there for registries; ours are MMSeg's, which ``default_scope`` names.
    """
    for value in values:
        if isinstance(value, dict):
            if value.get('_scope_') == PACKAGE:
                del value['_scope_']
            _forget_scope(value.values())
        elif isinstance(value, list | tuple):
            _forget_scope(value)
