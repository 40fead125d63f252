"""Export a trained model to plain MMSegmentation: a config and a checkpoint without adaptations.

Writes OUT/<config's name>.py and OUT/<config's name>.pth. What can be exported, and what the result needs:
docs/export.md.
"""

import argparse
from pathlib import Path

from mmseg_uda.errors import UserError
from mmseg_uda.utils.command import run_tool


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', type=Path, help='config file path')
    parser.add_argument('checkpoint', type=Path, help='checkpoint file')
    parser.add_argument('out', type=Path, help='folder for the config and the checkpoint')
    parser.add_argument('--cfg-options', nargs='+', metavar='KEY=VALUE', help='override settings of the config')
    return parser.parse_args()


def write_export(args: argparse.Namespace) -> None:
    """Write the config and the checkpoint."""
    import torch
    from mmengine.registry import init_default_scope
    from mmengine.runner.checkpoint import CheckpointLoader

    import mmseg_uda.engine  # noqa: F401, lets checkpoints load
    from mmseg_uda import export
    from mmseg_uda.engine.launch import read_config
    from mmseg_uda.models.checkpoints import weights_of
    from mmseg_uda.utils.files import written_aside
    from mmseg_uda.version import __version__

    cfg = read_config(args.config, args.cfg_options)
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    trained = CheckpointLoader.load_checkpoint(str(args.checkpoint), map_location='cpu', logger='silent')
    plain = export.plain_config(cfg)
    weights = weights_of(trained, str(args.checkpoint))
    try:
        state_dict = export.plain_state_dict(weights, plain.model)
    except UserError as error:
        raise UserError(f'{args.checkpoint}: {error}') from error
    meta = dict(
        **export.plain_meta(trained.get('meta') or {}),
        mmseg_uda_version=__version__,
        exported_from=dict(config=str(args.config), checkpoint=str(args.checkpoint)),
    )
    config, checkpoint = (args.out / f'{args.config.stem}.{suffix}' for suffix in ('py', 'pth'))
    with written_aside(config) as aside:
        aside.write_text(plain.pretty_text)
    with written_aside(checkpoint) as aside:
        torch.save(dict(meta=meta, state_dict=state_dict), aside)
    unscored = export.unscored_because(cfg)
    if unscored:
        print(f"{config}: MMSeg's test tool will write predictions and no score, because {unscored}")
    needed = (plain.get('custom_imports') or {}).get('imports')
    print(f'{config}: {", ".join(needed)} must be importable' if needed else f"{config}: MMSeg's own classes alone")
    print(f'{checkpoint}: {len(state_dict)} tensors, adaptations left out')


if __name__ == '__main__':
    run_tool(parse_args, write_export)
