"""Memory and time of one training step at full size, in parts and otherwise.

    python tools/benchmarks/training_memory.py configs/dast/dast_r101_gta2cs.py --out
    docs/benchmarks/training_memory.md

Each variant has a process of its own: the config's network without pretrained weights, its optimisers, one image a
domain at the sizes of its datasets, random pixels and labels. On a CPU the peak is that of resident memory, on a GPU
what torch allocated. One warm-up step is not timed; it does count for the peak.
"""

import argparse
import json
import resource
import time
from collections.abc import Callable
from pathlib import Path

from measured import in_own_process, measured_on

from mmseg_uda.utils.command import run_tool

VARIANTS = {
    'alternating loop': 'as released: gradients of source, target and discriminators in turn',
    'one backward': 'over the sum of all losses',
    'in parts': 'what training does',
    'in parts, recomputed': 'with `model.activation_checkpointing`',
}


def image_size(pipeline: list[dict]) -> tuple[int, int]:
    """(H, W) that a pipeline crops or resizes to."""
    for step in pipeline:
        if step['type'] == 'RandomCrop':
            return tuple(step['crop_size'])
    width, height = next(step['scale'] for step in pipeline if step['type'] == 'Resize')
    return height, width


def scaled(size, scale: float):
    """A number times ``scale``, rounded; lists and tuples item by item."""
    if isinstance(size, (list, tuple)):
        return type(size)(scaled(side, scale) for side in size)
    return round(size * scale)


def training_pipelines(cfg) -> dict[str, list[dict]]:
    """The pipeline of each domain that a config trains on."""
    pipelines = {}
    for domain in ('source', 'target'):
        dataset = cfg.train_dataloader.dataset.get(domain)
        if dataset is not None:
            pipelines[domain] = dataset.get('dataset', dataset).pipeline  # rare classes are drawn from another data set
    return pipelines


def shrink(cfg, scale: float) -> None:
    """Multiply the sides of a config's training images by ``scale``, in place."""
    for pipeline in training_pipelines(cfg).values():
        for step in pipeline:
            for key in step.keys() & {'scale', 'scales', 'crop_size'}:
                step[key] = scaled(step[key], scale)


def random_batch(cfg, count: int = 1) -> dict:
    """``count`` images a domain at the size of the config's training data, as the data loader would collate them."""
    import torch
    from mmengine.structures import PixelData
    from mmseg.structures import SegDataSample

    batch, classes = {}, cfg.model.decode_head.num_classes
    for domain, pipeline in training_pipelines(cfg).items():
        size = image_size(pipeline)
        inputs, samples = [], []
        for _ in range(count):
            inputs.append(torch.randint(0, 256, (3, *size), dtype=torch.uint8))
            sample = SegDataSample(metainfo=dict(img_shape=size, ori_shape=size))
            sample.gt_sem_seg = PixelData(data=torch.randint(0, classes, (1, *size)))
            if domain == 'target':
                sample.pseudo_confidence = PixelData(data=torch.randint(0, 256, (1, *size), dtype=torch.uint8))
            samples.append(sample)
        batch[domain] = dict(inputs=inputs, data_samples=samples)
    return batch


def without_pretrained(cfg) -> None:
    """Drop the weights files of a model config, in place."""
    for value in cfg.values():
        if isinstance(value, dict):
            if (value.get('init_cfg') or {}).get('type') == 'Pretrained':
                value['init_cfg'] = None
            without_pretrained(value)


def step(model, wrapper, batch: dict, variant: str) -> None:
    """One training step."""
    if variant == 'alternating loop':
        from alternating_loop import alternating_step

        alternating_step(model, wrapper.optim_wrappers.values(), batch)
    elif variant == 'one backward':
        total, _ = model.parse_losses(model(**model.data_preprocessor(batch, True), mode='loss'))
        wrapper.update_params(total)
    else:
        model.train_step(batch, wrapper)


def build(cfg, recomputed: bool):
    """The config's model on this machine's device, without pretrained weights, and its optimisers."""
    import torch
    from mmengine.optim import build_optim_wrapper
    from mmengine.registry import init_default_scope
    from mmseg.registry import MODELS

    torch.manual_seed(0)
    init_default_scope('mmseg')
    without_pretrained(cfg.model)
    model = MODELS.build(dict(cfg.model, activation_checkpointing=recomputed)).to(device()).train()
    return model, build_optim_wrapper(model, cfg.optim_wrapper)


def device() -> str:
    """What this machine trains on."""
    import torch

    return 'cuda' if torch.cuda.is_available() else 'cpu'


def timed(run: Callable[[], object], warmups: int, repeats: int) -> float:
    """Seconds of one call of ``run``: those that pass on a GPU, those of the processor on a CPU."""
    import torch

    clock, wait = time.process_time, lambda: None
    if device() == 'cuda':
        clock, wait = time.perf_counter, torch.cuda.synchronize
    for _ in range(warmups):
        run()
    wait()
    start = clock()
    for _ in range(repeats):
        run()
    wait()
    return (clock() - start) / repeats


def peak_bytes() -> int:
    """The most that torch had allocated on a GPU, that the process held on a CPU."""
    import torch

    if device() == 'cuda':
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure(config: str, variant: str, steps: int, scale: float) -> dict | None:
    """Run the steps in this process; None where the variant does not exist."""
    from mmseg_uda.utils.console import quiet_stack

    quiet_stack()

    from alternating_loop import can_alternate
    from mmengine.config import Config

    cfg = Config.fromfile(config)
    shrink(cfg, scale)
    model, wrapper = build(cfg, recomputed=variant == 'in parts, recomputed')
    if variant == 'alternating loop' and not can_alternate(model):
        return None
    batch = random_batch(cfg)
    seconds = timed(lambda: step(model, wrapper, batch, variant), 1, steps)
    return dict(seconds=seconds, gigabytes=peak_bytes() / 2**30, device=device())


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('configs', nargs='+')
    parser.add_argument('--steps', type=int, default=1, help='timed steps after the warm-up')
    parser.add_argument('--scale', type=float, default=1.0, help="of the images' sides")
    parser.add_argument('--out', type=Path, help='also write the table here, as Markdown')
    parser.add_argument('--variant', choices=VARIANTS, help=argparse.SUPPRESS)
    return parser.parse_args()


def benchmark(args: argparse.Namespace) -> None:
    """Measure every config, each variant in a process of its own."""
    if args.variant is not None:
        print(json.dumps(measure(args.configs[0], args.variant, args.steps, args.scale)))
        return
    rows = []
    for config in args.configs:
        reference = None
        for variant in VARIANTS:
            options = ('--steps', args.steps, '--scale', args.scale, '--variant', variant)
            result = in_own_process(__file__, config, *options)
            if result is None:
                continue
            reference = reference or result
            gigabytes, seconds = (result[key] / reference[key] for key in ('gigabytes', 'seconds'))
            rows.append(
                f'| {Path(config).stem} | {variant} | {result["gigabytes"]:.2f} | {gigabytes:.2f} '
                f'| {result["seconds"]:.1f} | {seconds:.2f} | {result["device"]} |'
            )
            print(rows[-1], flush=True)
    if args.out:
        write_report(args.out, rows, args)


def write_report(path: Path, rows: list[str], args: argparse.Namespace) -> None:
    """The table with what it was measured on."""
    import torch

    command = ' '.join([*args.configs, *(['--scale', str(args.scale)] if args.scale != 1 else [])])
    sizes = 'its own sizes' if args.scale == 1 else f'{args.scale} times its own sizes'
    path.write_text(
        '# Memory of a training step\n\n'
        f'Written by `python tools/benchmarks/training_memory.py {command} --steps {args.steps} --out {path}`.\n\n'
        f'One step of the config at {sizes}, batch size 1:\n\n'
        + '\n'.join(f'- {variant}: {what}' for variant, what in VARIANTS.items())
        + '\n\nThe loop is `tools/benchmarks/alternating_loop.py`; where a method has none, ratios are to '
        f'one backward. Seconds are CPU seconds on a CPU, the mean of {args.steps} after a warm-up; gigabytes are the '
        'peak of the whole process (CPU) or of what torch allocated (GPU).\n\n'
        '| config | step | GB | ratio | s | ratio | device |\n'
        '|---|---|---:|---:|---:|---:|---|\n' + '\n'.join(rows) + '\n\n'
        f'{torch.get_num_threads()} threads; {measured_on()}.\n'
    )


if __name__ == '__main__':
    run_tool(parse_args, benchmark, stack=False)
