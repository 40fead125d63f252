"""Label the target training images of a config with a trained model."""

import argparse

from mmseg_uda.errors import UserError
from mmseg_uda.utils.command import add_launcher, run_tool

SELECTORS = dict(
    dast='DASTSelector',
    bdl='BDLSelector',
    top='TopPortionSelector',
    pixintrada='PixIntraDASelector',
    ias='IASSelector',
    entropy='EntropyRankingSelector',
)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Label the target images (train_dataloader.dataset.target) of a config: writes a round of pseudo '
        'labels, which train_dataloader.dataset.target.pseudo_labels can name'
    )
    parser.add_argument('config', help='train config file path')
    parser.add_argument('checkpoint', help='checkpoint of the model that labels')
    parser.add_argument('--out', required=True, help='folder of the round; made when the round is complete')
    parser.add_argument(
        '--selector',
        help=f'one of {", ".join(SELECTORS)}, or the name of a registered selector class; default: what '
        "the config's adaptations ask for, else dast",
    )
    parser.add_argument(
        '--selector-options',
        nargs='+',
        metavar='KEY=VALUE',
        help='arguments of the selector, e.g. portion=0.66',
    )
    parser.add_argument(
        '--stage', metavar='NAME', help='label as this stage of a config with stages does (default: its last one)'
    )
    parser.add_argument('--confidence', action='store_true', help='also write 8-bit confidence maps')
    parser.add_argument('--overlays', type=int, default=8, help='number of overlay pictures (default 8)')
    parser.add_argument(
        '--pipeline',
        metavar='KEY',
        help="config key of the loading steps, e.g. test_pipeline, where the target dataset's own are random",
    )
    parser.add_argument('--overwrite', action='store_true', help='replace a round that other weights or options made')
    parser.add_argument('--batch-size', type=int, default=1, help='images predicted together (default 1)')
    parser.add_argument('--num-workers', type=int, default=2, help='loading processes of each process (default 2)')
    parser.add_argument('--cfg-options', nargs='+', metavar='KEY=VALUE', help='override settings of the config')
    add_launcher(parser)
    args = parser.parse_args()
    for option, least in dict(batch_size=1, num_workers=0, overlays=0).items():
        if getattr(args, option) < least:
            parser.error(f'--{option.replace("_", "-")} must be at least {least}')
    return args


def selector_config(adaptations: dict, name: str | None, options: dict) -> dict:
    """The selector named on the command line, or the one that the config's adaptations ask for."""
    from mmseg.registry import TASK_UTILS

    from mmseg_uda.pseudo_labels.labeling_rule import find_labeling_rule

    if name is not None:
        kind = SELECTORS.get(name.lower(), name)
        if TASK_UTILS.get(kind) is None:
            raise UserError(f'--selector {name} is none of {", ".join(SELECTORS)}, nor the name of a registered class')
        return dict(type=kind, **options)
    rule = find_labeling_rule(adaptations)
    if rule is None:
        return dict(type='DASTSelector', **options)
    return {**adaptations[rule.adaptation].labeling['selector'], **options}


def print_summary(manifest, out: str) -> None:
    """Per class: threshold, share of all pixels, and how much of what was predicted is kept."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f'{manifest.kept_portion:.1%} of the pixels of {manifest.images} images are labelled')
    table.add_column('class')
    for title in ('threshold', 'predicted', 'labelled'):
        table.add_column(title, justify='right')
    for name, threshold, predicted, kept in zip(
        manifest.classes, manifest.thresholds, manifest.predicted, manifest.proportions, strict=True
    ):
        shown = '-' if threshold is None else f'{threshold:.4f}'
        table.add_row(name, shown, f'{predicted / manifest.pixels:.2%}', f'{kept:.2%}')
    console = Console()
    console.print(table)
    console.print(f'Round: {out}', soft_wrap=True)


def label(args: argparse.Namespace) -> None:
    """Build the model and the target images, and write the round."""
    import torch
    from mmengine.dist import get_dist_info
    from mmengine.registry import init_default_scope
    from mmengine.runner import load_checkpoint
    from mmseg.registry import MODELS

    from mmseg_uda.engine.checks import check_folders, check_load_from, dataset_parts
    from mmseg_uda.engine.launch import parse_options, prepare_process
    from mmseg_uda.engine.stages import config_of_run
    from mmseg_uda.models.checkpoints import check_fits
    from mmseg_uda.pseudo_labels.checks import pseudo_label_hook
    from mmseg_uda.pseudo_labels.generation import generate_pseudo_labels
    from mmseg_uda.pseudo_labels.target_images import build_target_images
    from mmseg_uda.utils.configs import load_config

    method = load_config(args.config)
    method.launcher, method.work_dir = args.launcher, args.out
    cfg = config_of_run(method, parse_options(args.cfg_options), args.stage)
    cfg.load_from = args.checkpoint
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    prepare_process(cfg)
    check_load_from(cfg)
    target = (cfg.get('train_dataloader') or {}).get('dataset', {}).get('target')
    if target is None:
        raise UserError('train_dataloader.dataset.target is not set, so there is nothing to label')
    for key, part in dataset_parts('train_dataloader.dataset.target', target):
        check_folders(key, part)
    _, hook = pseudo_label_hook(cfg) or (None, {})
    pipeline = hook.get('pipeline') if args.pipeline is None else cfg.get(args.pipeline)
    if args.pipeline is not None and pipeline is None:
        raise UserError(f'--pipeline: the config has no key {args.pipeline}')

    model = MODELS.build(cfg.model)
    check_fits(model, args.checkpoint)
    load_checkpoint(model, args.checkpoint, map_location='cpu', logger='silent')
    if torch.cuda.is_available():
        model.cuda()
    manifest = generate_pseudo_labels(
        model,
        build_target_images(target, pipeline),
        selector_config(getattr(model, 'adaptations', {}), args.selector, parse_options(args.selector_options)),
        args.out,
        confidence=args.confidence,
        overlays=args.overlays,
        overwrite=args.overwrite,
        batch_size=args.batch_size,
        num_workers=args.num_workers,
        origin=dict(config=args.config, checkpoint=args.checkpoint),
    )
    if get_dist_info()[0] == 0:
        print_summary(manifest, args.out)


if __name__ == '__main__':
    run_tool(parse_args, label)
