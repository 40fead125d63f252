"""Convert released weights to this package's names, with an account of every key.

Nothing is written unless every key of the file and of the model is accounted for. Which files there
are and how each is converted: docs/weights.md.
"""

import argparse
import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

from mmseg_uda.errors import UserError
from mmseg_uda.utils.command import run_tool

FORMATS = (
    *('resnet', 'deeplab_resnet', 'dast_resnet', 'plca', 'vgg16', 'deeplab_vgg', 'fcn8s'),
    *('mit', 'daformer', 'daformer_teacher'),
)
BACKBONES = ('resnet', 'vgg16', 'mit')


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('input', type=Path, help='released .pth file')
    parser.add_argument('output', type=Path, help='checkpoint to write')
    parser.add_argument('--from', dest='source_format', required=True, choices=FORMATS, help='kind of the file')
    parser.add_argument('--config', required=True, help='config of the model that will load it')
    parser.add_argument(
        '--discriminators',
        nargs='+',
        action='append',
        default=[],
        metavar=('FILE', 'ADAPTATION'),
        help="discriminators' .pth file and the names in model.adaptations they belong to: one, or "
        'one for each entry of a list; may be given several times',
    )
    args = parser.parse_args()
    if any(len(words) < 2 for words in args.discriminators):
        parser.error('--discriminators takes a file and at least one adaptation name')
    return args


def load_weights(path: Path) -> dict[str, Any]:
    """Tensors by name, without running code from the file."""
    import torch

    if not path.is_file():
        raise UserError(f'{path} does not exist; docs/weights.md says where files come from')
    try:
        weights = torch.load(path, map_location='cpu', weights_only=True)
    except Exception as error:
        raise UserError(f'{path} is no file of plain weights: {error}') from error
    for key in ('state_dict', 'model', 'weights'):
        if isinstance(weights, dict) and isinstance(weights.get(key), dict):
            weights = weights[key]
    if not isinstance(weights, dict) or not weights:
        raise UserError(f'{path} holds no state dict but {type(weights).__name__}')
    for key, value in weights.items():
        if not isinstance(value, torch.Tensor):
            raise UserError(f'{path}: {key} is {type(value).__name__}, expected a tensor')
    return weights


def sha256(path: Path) -> str:
    with path.open('rb') as file:
        digest = hashlib.sha256()
        for block in iter(lambda: file.read(1 << 20), b''):
            digest.update(block)
    return digest.hexdigest()


def print_report(console: Any, title: str, result: Any) -> None:
    """Counts and reasons of what went well, every key of what did not."""
    from rich.table import Table

    table = Table('keys', 'outcome', 'detail', title=title, title_justify='left')
    table.add_row(str(len(result.renamed)), 'converted', '')
    for outcome, keys in (('dropped', result.dropped), ('initial value', result.filled)):
        for reason, count in Counter(keys.values()).items():
            table.add_row(str(count), outcome, reason)
    for outcome, keys in (
        ('missing', result.missing),
        ('unexpected', result.unexpected),
        ('wrong shape', [f'{key}: {sizes}' for key, sizes in result.mismatched.items()]),
    ):
        style = 'bold red' if keys else ''
        table.add_row(str(len(keys)), outcome, '\n'.join(keys), style=style)
    console.print(table)


def convert(args: argparse.Namespace) -> None:
    """Convert, report, and write if nothing is left over."""
    import torch
    from rich.console import Console

    import mmseg_uda.models  # noqa: F401  (registers what the config names)
    from mmseg_uda import released_weights
    from mmseg_uda.utils.configs import load_config
    from mmseg_uda.utils.files import written_aside
    from mmseg_uda.version import __version__

    console = Console()
    model_cfg = load_config(args.config).model
    origins = {args.input.name: sha256(args.input)} if args.input.is_file() else {}
    results = {
        args.input: released_weights.convert_state_dict(
            load_weights(args.input), args.source_format, released_weights.network_shapes(model_cfg)
        )
    }
    for file, *names in args.discriminators:
        path = Path(file)
        results[path] = released_weights.convert_discriminators(
            load_weights(path), names, released_weights.discriminator_shapes(model_cfg, names)
        )
        origins[path.name] = sha256(path)
    for path, result in results.items():
        print_report(console, f'{path} for {args.config}', result)
    if not all(result.complete for result in results.values()):
        raise UserError(
            f'keys are left over: {args.output} was not written. Is --from right, and does the config describe the '
            'released network?'
        )
    state_dict = {k: v for result in results.values() for k, v in result.state_dict.items()}
    meta = dict(mmseg_uda_version=__version__, source_format=args.source_format, sha256=origins)
    with written_aside(args.output) as aside:
        torch.save(dict(meta=meta, state_dict=state_dict), aside)
    for name, digest in origins.items():
        console.print(f'sha256 of {name}: {digest}', soft_wrap=True)
    given = {name for _, *names in args.discriminators for name in names}
    for name, cfg in (model_cfg.get('adaptations') or {}).items():
        if 'discriminator' in cfg and name not in given and args.source_format not in BACKBONES:
            console.print(
                f'note: the discriminator of model.adaptations.{name} keeps its initial value '
                '(--discriminators); methods that use it at test, such as DAST, need it',
                soft_wrap=True,
            )
    console.print(f'wrote {args.output} ({len(state_dict)} tensors)', soft_wrap=True)


if __name__ == '__main__':
    run_tool(parse_args, convert)
