"""Export a trained model to ONNX, compared with ONNX Runtime: raw images in, logits of their size out.

Images of any number and size where the network permits, of one size or one at a time otherwise: docs/export.md.
"""

import argparse
from importlib.util import find_spec
from pathlib import Path

from mmseg_uda.errors import UserError
from mmseg_uda.utils.command import run_tool

IMAGES = {
    ('batch', 'height', 'width'): 'any number of images of any size',
    ('batch',): 'any number of images of {}x{}',
    (): 'one image of {}x{}',
}
PACKAGES = ('onnx', 'onnxscript', 'onnxruntime')


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', type=Path, help='config file path')
    parser.add_argument('checkpoint', type=Path, help='checkpoint file')
    parser.add_argument('out', type=Path, help='file to write, .onnx')
    parser.add_argument(
        '--size',
        type=int,
        nargs=2,
        metavar=('H', 'W'),
        default=(256, 512),
        help='size of the images on which the network is traced; the only one the graph takes where the network does '
        'not permit others (default 256 512)',
    )
    parser.add_argument('--cfg-options', nargs='+', metavar='KEY=VALUE', help='override settings of the config')
    args = parser.parse_args()
    if min(args.size) < 32:
        parser.error('--size must be at least 32 32')
    return args


def load_model(args: argparse.Namespace):
    """The model on the CPU, with classes in ``dataset_meta``."""
    from mmseg.apis import init_model

    import mmseg_uda.engine  # noqa: F401, lets checkpoints load
    from mmseg_uda.engine.launch import read_config
    from mmseg_uda.models.checkpoints import check_fits

    cfg = read_config(args.config, args.cfg_options)
    model = init_model(cfg, str(args.checkpoint), device='cpu')
    check_fits(model, str(args.checkpoint))
    return model


def write_onnx(args: argparse.Namespace) -> None:
    """Write the graph once it computes what the model does."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise UserError(f'{", ".join(missing)} cannot be imported: pip install {" ".join(PACKAGES)}')
    from mmseg_uda.export.onnx_graph import check_is_one_network, write_freest_graph
    from mmseg_uda.utils.files import written_aside

    model = load_model(args)
    check_is_one_network(model)
    with written_aside(args.out) as aside:
        free, comparisons = write_freest_graph(model, aside, args.size)
    print(f'{args.out}: {IMAGES[free].format(*args.size)}')
    print('input image: N,3,H,W uint8, BGR; output logits: N,C,H,W float32')
    for comparison in comparisons:
        print(comparison)


if __name__ == '__main__':
    run_tool(parse_args, write_onnx)
