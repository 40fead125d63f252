"""Recompute the BatchNorm statistics of a checkpoint on unlabelled target images (AdaBN)."""

import argparse
from pathlib import Path

from mmseg_uda.errors import UserError
from mmseg_uda.utils.command import run_tool


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Replace the BatchNorm statistics of a checkpoint by those of the target training images, without '
        'labels and without training: how much of an adaptation is its statistics?'
    )
    parser.add_argument('config', help='config of the model')
    parser.add_argument('checkpoint', help='its checkpoint')
    parser.add_argument('out', type=Path, help='checkpoint to write: weights only')
    parser.add_argument(
        '--target-config',
        help='config whose train_dataloader.dataset.target names the images; default: CONFIG, which has none if it '
        'trains on the source only',
    )
    parser.add_argument('--batch-size', type=int, default=4, help='images a batch (default 4)')
    parser.add_argument('--num-workers', type=int, default=2, help='loading processes (default 2)')
    parser.add_argument('--cfg-options', nargs='+', metavar='KEY=VALUE', help='override settings of the configs')
    return parser.parse_args()


def recompute(args: argparse.Namespace) -> None:
    """Load the model, recompute, and write the checkpoint."""
    import torch
    from mmengine.dataset import pseudo_collate
    from mmengine.registry import init_default_scope
    from mmengine.runner import load_checkpoint
    from mmseg.registry import MODELS
    from rich.progress import track
    from torch.utils.data import DataLoader

    from mmseg_uda.engine.launch import merge_options, parse_options, prepare_process, refuse
    from mmseg_uda.models.checkpoints import check_fits
    from mmseg_uda.pseudo_labels.target_images import build_target_images
    from mmseg_uda.utils.configs import find_config, load_config
    from mmseg_uda.utils.files import written_aside
    from mmseg_uda.utils.norm_statistics import recompute_norm_statistics

    overrides = parse_options(args.cfg_options)
    cfg = load_config(args.config)
    unfit = merge_options(cfg, overrides)
    target_config = args.target_config or args.config
    target_cfg = load_config(find_config(target_config))
    refuse({key: why for key, why in merge_options(target_cfg, overrides).items() if key in unfit})
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    prepare_process(cfg)

    target = target_cfg.train_dataloader.dataset.get('target')
    if target is None:
        raise UserError(
            f'{target_config}: train_dataloader.dataset.target is not set; name a config that has target images with '
            '--target-config'
        )
    model = MODELS.build(cfg.model)
    check_fits(model, args.checkpoint)
    meta = load_checkpoint(model, args.checkpoint, map_location='cpu', logger='silent').get('meta', {})
    if torch.cuda.is_available():
        model.cuda()
    dataset = build_target_images(target)
    loader = DataLoader(
        dataset,
        batch_size=min(args.batch_size, len(dataset)),
        num_workers=args.num_workers,
        collate_fn=pseudo_collate,
        drop_last=True,  # each batch counts the same in the average
    )
    layers = recompute_norm_statistics(model, track(loader, 'target images'))
    kept = {key: meta[key] for key in ('dataset_meta', 'seed', 'iter') if key in meta}
    with written_aside(args.out) as aside:
        torch.save(dict(state_dict=model.state_dict(), meta=kept), aside)
    print(f'{args.out}: statistics of {len(layers)} layers from {len(loader) * loader.batch_size} target images')


if __name__ == '__main__':
    run_tool(parse_args, recompute)
