"""Time and memory of PLCA's association loss: this package's streaming form beside a plain one.

The plain form is written here from the paper's equations, on whole N x N maps. Both get the same features (or
probabilities) and labels of one pair of images and compute one association loss with its target aggregation, forward
and backward. Each run has a process of its own and one thread.
"""

import argparse
import json
import math
import resource
import statistics
import sys
import time
from pathlib import Path

from measured import in_own_process, measured_on

from mmseg_uda.utils.command import run_tool

CLASSES = 19
TASKS = {'cosine, C = 256': ('cosine', 256), 'cosine, C = 2048': ('cosine', 2048), 'KL, 19 classes': ('kl', CLASSES)}
RATIO, EPS = 0.5, 1e-10


def plain_similarity(x, y, similarity: str):
    """Eq. 1 and 9: C,n and C,m to n,m."""
    import torch

    if similarity == 'cosine':
        return torch.nn.functional.normalize(x, dim=0).t() @ torch.nn.functional.normalize(y, dim=0)
    return x.t() @ (y + EPS).log() - (x * (x + EPS).log()).sum(dim=0)[:, None]


def plain_contrast(scores):
    """Eq. 5 and 6."""
    mean, std = scores.mean(dim=1, keepdim=True), scores.std(dim=1, keepdim=True)
    return (scores - mean.detach()) / (std.detach() + EPS)


def plain_loss(source, target, labels, similarity: str):
    """Eq. 4, 7, 8 and 10 for one pair of images, C,n each; KL aggregates without contrast, as released."""
    scores = plain_similarity(target, target, similarity)
    if similarity == 'cosine':
        scores = plain_contrast(scores)
    target = (1 - RATIO) * target + RATIO * target @ scores.softmax(dim=1).t()
    there = plain_similarity(source, target, similarity)
    back = there.t() if similarity == 'cosine' else plain_similarity(target, source, similarity)
    match, match_back = there.argmax(dim=1), back.argmax(dim=1)
    end = match_back[match]
    there, back = plain_contrast(there).softmax(dim=1), plain_contrast(back).softmax(dim=1)
    valid = (labels[end] == labels) & (labels != 255)
    prob = there.gather(1, match[:, None])[:, 0] * back[match, end]
    return -prob[valid].log().sum() / valid.sum().clamp(min=1), valid


def run_plain(source, target, labels, similarity: str):
    return plain_loss(source.flatten(1), target.flatten(1), labels.flatten(), similarity)


def run_streaming(source, target, labels, similarity: str):
    from mmseg_uda.models.losses import cycle_association_loss
    from mmseg_uda.models.ops import aggregate_spatially

    aggregated = aggregate_spatially(target[None], similarity, RATIO, contrast=similarity == 'cosine')
    return cycle_association_loss(source[None], aggregated, labels[None], similarity)


APPROACHES = dict(plain=run_plain, streaming=run_streaming)


def scene(side: int, channels: int, similarity: str):
    """Source and target maps C,side,side and source labels: regions of classes, which look different in each domain.

    Features are made of few hidden ones, so that the number of channels changes the work and not the problem.
    """
    import torch

    generator = torch.Generator().manual_seed(0)
    hidden = CLASSES if similarity == 'kl' else 2 * CLASSES
    centres = 3 * torch.eye(hidden)[:, :CLASSES]
    mixing = torch.randn(channels, hidden, generator=generator)
    maps, labels = [], []
    for _ in range(2):
        coarse = torch.randn(1, CLASSES, 8, 8, generator=generator)
        regions = torch.nn.functional.interpolate(coarse, (side, side), mode='bilinear')[0].argmax(dim=0)
        look = torch.randn(hidden, CLASSES, generator=generator)
        x = (centres + look)[:, regions] + torch.randn(hidden, side, side, generator=generator)
        maps.append(x.softmax(dim=0) if similarity == 'kl' else torch.einsum('ch,hij->cij', mixing, x).relu())
        labels.append(regions)
    return *maps, labels[0]


def resident_memory() -> int:
    """Bytes this process holds now."""
    return int(Path('/proc/self/statm').read_text().split()[1]) * resource.getpagesize()


def peak_memory() -> int:
    """Most bytes this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure(approach: str, task: str, side: int) -> dict:
    """Run one approach in this process."""
    from mmseg_uda.utils.console import quiet_stack

    quiet_stack()

    import torch

    import mmseg_uda.models.losses  # noqa: F401, loaded before memory is read

    torch.set_num_threads(1)
    similarity, channels = TASKS[task]
    source, target, labels = scene(side, channels, similarity)
    source.requires_grad_(), target.requires_grad_()
    before, start = resident_memory(), time.process_time()
    loss, valid = APPROACHES[approach](source, target, labels, similarity)
    loss.backward()
    return dict(
        seconds=time.process_time() - start,
        bytes=peak_memory() - before,
        loss=loss.item(),
        gradient=target.grad.norm().item(),
        valid=valid.float().mean().item(),
    )


def run(approach: str, task: str, side: int) -> dict:
    """Run one approach in a new process with one thread."""
    threads = dict.fromkeys(('OMP_NUM_THREADS', 'MKL_NUM_THREADS'), '1')
    return in_own_process(__file__, '--measure', approach, '--tasks', task, '--sides', side, **threads)


def compare(task: str, side: int, repeats: int) -> dict:
    """Medians of alternating runs.

    Raises:
        RuntimeError: The approaches disagree.
    """
    runs = {approach: [] for approach in APPROACHES}
    for _ in range(repeats):
        for approach, results in runs.items():
            results.append(run(approach, task, side))
    plain, streaming = (runs[approach][0] for approach in APPROACHES)
    for key in ('loss', 'gradient', 'valid'):
        if not math.isclose(plain[key], streaming[key], rel_tol=1e-3):
            raise RuntimeError(f'{task}, {side}x{side}: {key} is {plain[key]} plain and {streaming[key]} streaming')
    medians = {
        approach: {key: statistics.median(result[key] for result in results) for key in ('seconds', 'bytes')}
        for approach, results in runs.items()
    }
    return dict(medians, valid=plain['valid'])


def report(tasks: list[str], sides: list[int], repeats: int) -> str:
    """Measure, and describe the results in Markdown."""
    rows = []
    for task in tasks:
        for side in sides:
            result = compare(task, side, repeats)
            plain, streaming = result['plain'], result['streaming']
            cells = [task, f'{side}x{side}', f'{plain["bytes"] / 1e6:.0f}', f'{streaming["bytes"] / 1e6:.0f}']
            cells.append(f'{plain["bytes"] / streaming["bytes"]:.1f}x less')
            cells += [f'{plain["seconds"]:.2f}', f'{streaming["seconds"]:.2f}']
            cells += [f'{streaming["seconds"] / plain["seconds"]:.2f}x', f'{100 * result["valid"]:.0f}']
            rows.append(f'| {" | ".join(cells)} |')
            print(rows[-1], file=sys.stderr, flush=True)
    return '\n'.join(
        [
            '# PLCA: time and memory of its association loss',
            '',
            'Written by `python tools/benchmarks/plca.py --out docs/benchmarks/plca.md`.',
            '',
            'One association loss of one pair of images, with the aggregation of the target, forward and backward, in '
            "float32. *Plain* is written in the tool from the paper's equations, on whole maps of all pairs of pixels; "
            '*streaming* is `cycle_association_loss(source, aggregate_spatially(target), labels)`. Both see the same '
            'made-up features or probabilities and agree in loss and gradient. Megabytes are the peak of resident '
            f'memory above the inputs, seconds those of the processor: medians of {repeats} alternating runs, a '
            'process each, one thread. The last column is the share of source pixels on valid cycles: the streaming '
            'form computes the similarities of these again in its backward pass, so it takes longer the larger the '
            'share; the plain form takes as long for any.',
            '',
            '| similarity | map | plain, MB | streaming, MB | memory | plain, s | streaming, s | time | valid, % |',
            '|---|---:' + '|---:' * 7 + '|',
            *rows,
            '',
            f'{measured_on()}.',
            '',
        ]
    )


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Benchmark of PLCA's association loss")
    parser.add_argument('--tasks', nargs='+', choices=TASKS, default=list(TASKS), help='similarities and channels')
    parser.add_argument('--sides', type=int, nargs='+', default=[46, 92, 128], help='sides of the square maps')
    parser.add_argument('--repeats', type=int, default=5, help='runs of each form')
    parser.add_argument('--out', type=Path, help='Markdown file to write; default: print')
    parser.add_argument('--measure', choices=APPROACHES, help=argparse.SUPPRESS)
    return parser.parse_args()


def benchmark(args: argparse.Namespace) -> None:
    """Measure, and print or write the report."""
    if args.measure:
        print(json.dumps(measure(args.measure, args.tasks[0], args.sides[0])))
        return
    text = report(args.tasks, args.sides, args.repeats)
    if args.out is None:
        print(text)
    else:
        args.out.write_text(text)


if __name__ == '__main__':
    run_tool(parse_args, benchmark, stack=False)
