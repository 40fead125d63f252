"""Label a folder of images: colour and id PNGs at the images' own size."""

import argparse
from contextlib import nullcontext
from pathlib import Path

from mmseg_uda.errors import UserError
from mmseg_uda.utils.command import run_tool

DESCRIPTION = (
    "Label images with a trained model. Writes OUT/color/<image>.png and OUT/ids/<image>.png (ids of the model's "
    'classes) at the size and relative path of each image, and OUT/legend.png, which colour is which class; with '
    '--server also a zip for the server of a benchmark.'
)

LEGEND_WIDTH = 640


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=DESCRIPTION)
    parser.add_argument('config', help='config file path')
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('images', type=Path, help='folder of images (searched through all levels), or one image')
    parser.add_argument('--out', type=Path, required=True, help='folder for the results')
    parser.add_argument(
        '--server',
        choices=['cityscapes', 'acdc', 'dark_zurich'],
        help="label a benchmark's test images, IMAGES being the root of its data, and write what its server takes to "
        'OUT/SERVER.zip',
    )
    parser.add_argument(
        '--opacity', type=float, default=1.0, help='of the colours over the image, 0 to 1 (default 1: colours alone)'
    )
    parser.add_argument('--batch-size', type=int, default=1, help='images predicted together (default 1)')
    parser.add_argument('--device', help='cpu, cuda:0, ... (default: the GPU if there is one)')
    parser.add_argument('--cfg-options', nargs='+', metavar='KEY=VALUE', help='override settings of the config')
    args = parser.parse_args()
    if not 0 < args.opacity <= 1:
        parser.error('--opacity must be above 0 and at most 1')
    if args.batch_size < 1:
        parser.error('--batch-size must be positive')
    return args


def inference_pipeline(cfg) -> list[dict]:
    """The config's steps for an image without labels.

    MMSeg's ``inference_model`` reads ``test_pipeline`` and knows only its own annotation loader; a config for images
    without test labels has the target's pipeline instead, of which the steps before its random ones count.
    """
    from mmseg_uda.datasets.concat import part_configs
    from mmseg_uda.pseudo_labels.target_images import labeling_steps

    pipeline = cfg.get('test_pipeline')
    if pipeline is None and cfg.get('test_dataloader'):
        pipeline = part_configs(cfg.test_dataloader.dataset)[0].get('pipeline')
    if pipeline is None:
        target = ((cfg.get('train_dataloader') or {}).get('dataset') or {}).get('target') or {}
        pipeline = part_configs(target)[0].get('pipeline')
        pipeline = pipeline and labeling_steps(pipeline)
    if pipeline is None:
        raise UserError('the config has neither test_pipeline nor a target dataset with a pipeline')
    return [step for step in pipeline if not step['type'].endswith('Annotations')]


def load_model(args: argparse.Namespace):
    """The model, with classes and palette in ``dataset_meta``."""
    import torch
    from mmseg.apis import init_model

    from mmseg_uda.engine.launch import prepare_process, read_config
    from mmseg_uda.models.checkpoints import check_fits
    from mmseg_uda.utils.console import prints_shown

    device = args.device or ('cuda:0' if torch.cuda.is_available() else 'cpu')
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f'--device {device} cannot be used ({reason}): name cpu or a GPU that is there') from error
    cfg = read_config(args.config, args.cfg_options)
    cfg.test_pipeline = inference_pipeline(cfg)
    prepare_process(cfg)
    with prints_shown():
        model = init_model(cfg, args.checkpoint, device=device)
    check_fits(model, args.checkpoint)
    return model


def name_results(images: list[Path], root: Path) -> list[Path]:
    """Relative paths of the results, ``.png``.

    Raises:
        UserError: Two images would get the same.
    """
    base = root if root.is_dir() else root.parent
    names = [image.relative_to(base).with_suffix('.png') for image in images]
    owners: dict[Path, Path] = {}
    for image, name in zip(images, names, strict=True):
        if name in owners:
            raise UserError(f'{owners[name]} and {image} would both become {name}: label them in separate runs')
        owners[name] = image
    return names


def label_images(model, images: list[Path], names: list[Path], args: argparse.Namespace) -> None:
    """Predict and write, ``batch_size`` images at a time."""
    import numpy as np
    from mmseg.apis import inference_model

    from mmseg_uda.evaluation.servers import SERVERS, submission
    from mmseg_uda.utils.image_files import read_image, write_png
    from mmseg_uda.utils.progress import progress_bar
    from mmseg_uda.visualization.painting import blend, colour_labels

    palette, classes = (model.dataset_meta[key] for key in ('palette', 'classes'))
    zipped = (
        submission(args.out / f'{args.server}.zip', SERVERS[args.server], classes) if args.server else nullcontext()
    )
    with zipped as submit, progress_bar() as progress:
        task = progress.add_task('Predicting', total=len(images))
        for start in range(0, len(images), args.batch_size):
            batch = images[start : start + args.batch_size]
            # Read here first: the pipeline's own error for a damaged file does not name it.
            pictures = [read_image(path) for path in batch]
            results = inference_model(model, [str(path) for path in batch])
            for path, picture, name, result in zip(batch, pictures, names[start:], results, strict=False):
                label = result.pred_sem_seg.data[0].cpu().numpy().astype(np.uint8)
                painting = colour_labels(label, palette)[..., ::-1]  # BGR, as OpenCV writes
                if args.opacity < 1:
                    painting = blend(picture, painting, args.opacity)
                write_png(args.out / 'color' / name, painting)
                write_png(args.out / 'ids' / name, label)
                if submit is not None:
                    submit(path.name, label, result.seg_logits.data)
            progress.advance(task, len(batch))


def write_legend(metainfo: dict, path: Path) -> None:
    """Write which colour is which class; a picture of its own, so that the others keep the images' size."""
    from mmseg_uda.utils.image_files import write_png
    from mmseg_uda.visualization.captions import draw_legend

    write_png(path, draw_legend(metainfo['classes'], metainfo['palette'], LEGEND_WIDTH)[..., ::-1])


def predict(args: argparse.Namespace) -> None:
    """Find the images and label them."""
    from mmseg_uda.evaluation.servers import SERVERS, find_test_images
    from mmseg_uda.utils.image_files import find_images

    if args.server:
        images = find_test_images(SERVERS[args.server], args.images)
    else:
        images = find_images(args.images, skip=args.out)
    names = name_results(images, args.images)
    model = load_model(args)
    label_images(model, images, names, args)
    write_legend(model.dataset_meta, args.out / 'legend.png')
    print(f'{len(images)} images labelled: {args.out}')
    if args.server:
        print(f'for the server: {args.out / args.server}.zip')


if __name__ == '__main__':
    run_tool(parse_args, predict)
