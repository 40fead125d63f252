"""``mmseg-uda COMMAND ...``: the files of ``tools/`` as one command, in a clone and in an installed wheel."""

import ast
import sys
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType

from .utils.packaged import CONFIGS, TOOLS

FOLDERS = ('.', 'dataset_converters', 'model_converters', 'analysis_tools')
SHORT = dict(
    generate_pseudo_labels='label',
    export_to_mmseg='export',
    export_to_onnx='onnx',
    browse_dataset='browse',
)
FIRST = ('train', 'test', 'predict', 'label', 'export', 'onnx', 'browse')


def commands() -> dict[str, Path]:
    """Tools by the names they are called by: that of the file, or a shorter one."""
    paths = [path for folder in FOLDERS for path in sorted((TOOLS / folder).glob('*.py')) if _runs(path)]
    named = {SHORT.get(path.stem, path.stem): path for path in paths}
    return {name: named[name] for name in [*FIRST, *named] if name in named}


def _runs(path: Path) -> bool:
    """Whether a file is a tool; the others are imported by tools."""
    return "if __name__ == '__main__':" in path.read_text(encoding='utf-8')


def overview(tools: dict[str, Path]) -> str:
    """What there is, a line each."""
    width = max(map(len, tools))
    lines = [f'  {name:<{width}}  {_purpose(path)}' for name, path in tools.items()]
    return '\n'.join(
        [
            'usage: mmseg-uda COMMAND [arguments]; mmseg-uda COMMAND --help lists them',
            '',
            *lines,
            '',
            f'Configs: a name such as dast/dast_mini_gta2cs.py means the file in {CONFIGS}',
            'Several processes: torchrun --nproc_per_node=N -m mmseg_uda COMMAND ... --launcher pytorch',
        ]
    )


def _purpose(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text(encoding='utf-8'))) or '').partition('\n')[0]


def run(name: str, path: Path, arguments: list[str]) -> None:
    """Run a tool as ``python FILE`` would; its usage line names the command."""
    sys.argv = [f'mmseg-uda {name}', *arguments]
    sys.path.insert(0, str(path.parent))
    module = sys.modules['__main__'] = ModuleType('__main__')
    module.__file__ = str(path)  # worker processes that are spawned look for it
    exec(compile(path.read_text(encoding='utf-8'), path, 'exec'), vars(module))


def main() -> None:
    """Run the command that the command line names; without one, list them."""
    tools = commands()
    name, *arguments = sys.argv[1:] or ['--help']
    if name in ('-h', '--help'):
        print(overview(tools))
    elif name in tools:
        run(name, tools[name], arguments)
    else:
        known = get_close_matches(name, tools) or tools
        print(f'Error: mmseg-uda has no command {name!r}; there is {", ".join(known)}', file=sys.stderr)
        raise SystemExit(2)
