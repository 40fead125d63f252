"""Time and memory of labelling a target set by BDL's rule: this package's engine beside the released approach.

The released approach is written plainly here: keep the confidence and the label of every pixel in float64, then sort
per class. Both sides get the same rendered probability maps and write the same label PNGs; the time of rendering (which
stands for the network) is measured and subtracted on both sides. Each run has a process of its own.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from measured import in_own_process, measured_on

from mmseg_uda.utils.command import run_tool

CLASSES = 19
SIZE = (512, 1024)
PORTION, CAP = 0.5, 0.9


def resident_memory() -> int:
    """Bytes this process holds now."""
    pages = int(Path('/proc/self/statm').read_text().split()[1])
    return pages * resource.getpagesize()


def peak_memory() -> int:
    """Most bytes this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def clocks() -> np.ndarray:
    """Wall-clock seconds and processor seconds of this process, up to now."""
    return np.array([time.perf_counter(), time.process_time()])


class Renderer:
    """Make probability maps in place of a network, and count the seconds that takes."""

    def __init__(self) -> None:
        self.spent = np.zeros(2)

    def logits(self, index: int):
        """Logits (1, 19, 33, 65) of a scene: smooth regions, few frequent classes, noise."""
        import torch

        start = clocks()
        generator = torch.Generator().manual_seed(index)
        regions = torch.randn(1, CLASSES, 5, 9, generator=generator) * 4
        noise = torch.randn(1, CLASSES, 33, 65, generator=generator)
        frequency = torch.linspace(2, -4, CLASSES).view(1, -1, 1, 1)
        logits = self._resize(regions, noise.shape[2:]) + noise + frequency
        self.spent += clocks() - start
        return logits

    def upsample(self, maps, size):
        """Bilinear, to input size."""
        start = clocks()
        maps = self._resize(maps, size)
        self.spent += clocks() - start
        return maps

    @staticmethod
    def _resize(maps, size):
        import torch

        return torch.nn.functional.interpolate(maps, size, mode='bilinear', align_corners=True)


def run_engine(images: int, out: Path, renderer: Renderer) -> None:
    """Label with this package."""
    import torch
    from mmseg.structures import SegDataSample

    from mmseg_uda.pseudo_labels.generation import generate_pseudo_labels
    from mmseg_uda.pseudo_labels.selectors import BDLSelector

    class Scenes(torch.utils.data.Dataset):
        metainfo = dict(classes=[str(c) for c in range(CLASSES)], palette=[[0, 0, 0]] * CLASSES)
        data_prefix = dict(img_path='scenes')
        pipeline = ()

        def __len__(self):
            return images

        def get_data_info(self, index):
            return dict(img_path=f'scenes/{index:04d}.png')

        def __getitem__(self, index):
            return dict(inputs=index, data_samples=SegDataSample(metainfo=dict(img_shape=SIZE)))

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.decode_head = torch.nn.Identity()

        def data_preprocessor(self, batch, training):
            return dict(
                inputs=torch.tensor(batch['inputs']).view(1, 1, 1, 1).expand(1, 1, *SIZE),
                data_samples=batch['data_samples'],
            )

        def run_domain(self, inputs, samples, domain, training):
            return argparse.Namespace(logits=renderer.logits(int(inputs[0, 0, 0, 0])))

        def upsample(self, maps, size):
            return renderer.upsample(maps, size)

    generate_pseudo_labels(Model(), Scenes(), BDLSelector(PORTION, CAP), out, overlays=0, num_workers=0)


def run_plain(images: int, out: Path, renderer: Renderer) -> None:
    """Hold everything in float64, sort per class."""
    from mmseg_uda.pseudo_labels.rounds import LABELS, map_path
    from mmseg_uda.utils.image_files import write_png

    labels = np.zeros((images, *SIZE))
    confidences = np.zeros((images, *SIZE))
    for index in range(images):
        prob = renderer.upsample(renderer.logits(index).softmax(1), SIZE)[0].numpy()
        labels[index] = prob.argmax(0)
        confidences[index] = prob.max(0)
    thresholds = np.zeros(CLASSES)
    for c in range(CLASSES):
        listed = np.sort(confidences[labels == c])
        if len(listed):
            thresholds[c] = min(listed[min(round(len(listed) * PORTION), len(listed) - 1)], CAP)
    for index in range(images):
        label = labels[index].astype(np.uint8)
        label[confidences[index] < thresholds[label]] = 255
        write_png(Path(map_path(out, LABELS, f'{index:04d}')), label)


APPROACHES = dict(plain=run_plain, engine=run_engine)


def measure(approach: str, images: int, out: Path) -> dict:
    """Run one approach in this process."""
    import torch

    import mmseg_uda.pseudo_labels.generation  # noqa: F401

    torch.set_num_threads(1)
    renderer = Renderer()
    renderer.upsample(renderer.logits(0), SIZE)  # torch's own start-up
    renderer.spent[:] = 0
    before, start = resident_memory(), clocks()
    with torch.no_grad():
        APPROACHES[approach](images, out, renderer)
    wall, cpu = clocks() - start - renderer.spent
    return dict(wall=wall, cpu=cpu, bytes=peak_memory() - before)


def compare(images: int) -> dict:
    """Run both approaches, each in a new process, and count the pixels whose labels differ."""
    import cv2

    from mmseg_uda.pseudo_labels.rounds import LABELS, map_path

    with tempfile.TemporaryDirectory() as folder:
        results = {}
        for approach in APPROACHES:
            out = Path(folder) / approach
            results[approach] = in_own_process(__file__, '--measure', approach, '--images', images, '--out', out)
        results['differing'] = 0
        for index in range(images):
            paths = [map_path(Path(folder) / approach, LABELS, f'{index:04d}') for approach in APPROACHES]
            maps = [cv2.imread(path, cv2.IMREAD_UNCHANGED) for path in paths]
            results['differing'] += int(np.count_nonzero(maps[0] != maps[1]))
    return results


def report(counts: list[int]) -> str:
    """Measure, and describe the results in Markdown."""
    rows = []
    for images in counts:
        result = compare(images)
        plain, engine = result['plain'], result['engine']
        cells = [images]
        for key, scale, digits in (('wall', 1, 1), ('cpu', 1, 1), ('bytes', 1e-6, 0)):
            cells += [f'{side[key] * scale:.{digits}f}' for side in (plain, engine)]
            cells.append(f'{plain[key] / engine[key]:.1f}x')
        cells.append(f'{result["differing"]} of {images * SIZE[0] * SIZE[1]}')
        rows.append(f'| {" | ".join(map(str, cells))} |')
        print(rows[-1], file=sys.stderr, flush=True)
    return '\n'.join(
        [
            '# Pseudo labels: time and memory',
            '',
            'Written by `python tools/benchmarks/pseudo_labels.py --out docs/benchmarks/pseudo_labels.md`.',
            '',
            f"BDL's rule (portion {PORTION}, cap {CAP}) on rendered probability maps of {CLASSES} classes at "
            f'{SIZE[0]}x{SIZE[1]}. *Plain* is the released approach: the confidence and the label of every pixel held '
            'in float64, sorted per class. *Engine* is `mmseg_uda.pseudo_labels`. Seconds leave out the rendering of '
            'the maps (in practice: the network) and contain everything else, from the argmax to the written PNGs; '
            'megabytes are the peak of resident memory above the start. One process each, one thread.',
            '',
            '| images | plain, s | engine, s | ratio | plain, CPU s | engine, CPU s | ratio '
            '| plain, MB | engine, MB | ratio | differing pixels |',
            '|---:' * 11 + '|',
            *rows,
            '',
            f'{measured_on()}.',
            '',
        ]
    )


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='Benchmark of pseudo-label generation')
    parser.add_argument('--images', type=int, nargs='+', default=[100, 400], help='numbers of images')
    parser.add_argument('--out', type=Path, help='Markdown file to write; default: print')
    parser.add_argument('--measure', choices=sorted(APPROACHES), help=argparse.SUPPRESS)
    return parser.parse_args()


def benchmark(args: argparse.Namespace) -> None:
    """Measure, and print or write the report."""
    if args.measure:
        print(json.dumps(measure(args.measure, args.images[0], args.out)))
        return
    text = report(args.images)
    if args.out is None:
        print(text)
    else:
        args.out.write_text(text)


if __name__ == '__main__':
    run_tool(parse_args, benchmark, stack=False)
