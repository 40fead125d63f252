"""What the package carries beside its modules: copies in a wheel, links to the repository's folders in a clone."""

from pathlib import Path

_FILES = Path(__file__).resolve().parents[1] / '.mim'
CONFIGS = (_FILES / 'configs').resolve()
TOOLS = (_FILES / 'tools').resolve()
