"""What each part of a self-ensembling method's step keeps for its gradient, and what share of the step is not training.

    python tools/benchmarks/step_parts.py configs/daformer/daformer_mitb5_gta2cs.py --out
    docs/benchmarks/self_ensembling_memory.md

Kept are the tensors that autograd has saved when the gradient of a part is taken: each storage once, without the
parameters. What a backward pass needs on top of them for a moment is not counted; the peak of the process has it. Each
row is one step in a process of its own, of the config's network without pretrained weights, on random images of its own
size and number. Jitter and blur are made whatever chance would say.
"""

import argparse
import json
import time
import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measured import in_own_process, measured_on
from training_memory import build, peak_bytes, random_batch, shrink

from mmseg_uda.utils.command import run_tool

FORMS = ('kept', 'recomputed')
PARTS = ('source', 'mixed', 'masked')
WORK = {'EMATeacher': ('prepare',), 'ClassMix': ('draw', 'mix'), 'MaskedImageConsistency': ('draw', 'mask')}
"""What adaptations do besides running the student, by methods of theirs."""


class Saved:
    """A tensor that a graph holds; it lives as long as the graph needs it."""

    def __init__(self, tensor) -> None:
        self.tensor = tensor


class SavedTensors:
    """Tensors that autograd holds for backward passes.

    Args:
        parameters: Tensors that would be there anyway, and are not counted.
    """

    def __init__(self, parameters=()) -> None:
        self.ignored = {tensor.untyped_storage().data_ptr() for tensor in parameters}
        self.held: weakref.WeakSet[Saved] = weakref.WeakSet()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch the graphs that are made meanwhile."""
        import torch

        with torch.autograd.graph.saved_tensors_hooks(self._pack, lambda saved: saved.tensor):
            yield

    def _pack(self, tensor) -> Saved:
        saved = Saved(tensor)
        self.held.add(saved)
        return saved

    def bytes(self) -> int:
        """Of what is held now."""
        storages = (saved.tensor.untyped_storage() for saved in self.held)
        sizes = {storage.data_ptr(): storage.nbytes() for storage in storages}
        return sum(size for address, size in sizes.items() if address not in self.ignored)


def count_parts(model, wrapper, saved: SavedTensors) -> dict[str, int]:
    """Let the model's next step note the bytes that each part keeps; a part is named by the images that it runs."""
    parts, run, take_gradient = {}, model.run, wrapper.take_gradient
    names = []

    def noted_run(output):
        names.append(output.domain)
        return run(output)

    def noted_gradient(loss):
        parts[names[-1]] = saved.bytes()
        take_gradient(loss)

    model.run, wrapper.take_gradient = noted_run, noted_gradient
    return parts


def time_work(model) -> Counter:
    """Let the model's next step note the CPU seconds of the adaptations' own work, by their classes."""
    seconds = Counter()

    def timed(kind, method):
        def call(*args):
            start = time.process_time()
            try:
                return method(*args)
            finally:
                seconds[kind] += time.process_time() - start

        return call

    for adaptation in model.adaptations.values():
        kind = type(adaptation).__name__
        for name in WORK.get(kind, ()):
            setattr(adaptation, name, timed(kind, getattr(adaptation, name)))
        augment = getattr(adaptation, 'augment', None)
        if augment is not None:
            augment.jitter_above = augment.blur_above = -1
    return seconds


def measure(config: str, form: str, scale: float) -> dict:
    """Make a step in this process."""
    from mmseg_uda.utils.console import quiet_stack

    quiet_stack()

    from mmengine.config import Config

    cfg = Config.fromfile(config)
    shrink(cfg, scale)
    model, wrapper = build(cfg, recomputed=form == 'recomputed')
    batch = random_batch(cfg, cfg.train_dataloader.batch_size)
    saved = SavedTensors(model.parameters())
    parts, seconds = count_parts(model, wrapper, saved), time_work(model)
    start = time.process_time()
    with saved.watched():
        model.train_step(batch, wrapper)
    return dict(parts=parts, seconds=time.process_time() - start, work=seconds, peak=peak_bytes())


def memory_row(name: str, form: str, result: dict) -> str:
    """A line of the table of memory."""
    parts = result['parts']
    sizes = [parts.get(part) for part in PARTS] + [max(parts.values()), sum(parts.values()), result['peak']]
    return f'| {name} | {form} | ' + ' | '.join('-' if x is None else f'{x / 2**30:.2f}' for x in sizes) + ' |'


def time_row(name: str, form: str, result: dict) -> str:
    """A line of the table of time."""
    shares = [100 * result['work'][kind] / result['seconds'] if kind in result['work'] else None for kind in WORK]
    cells = ['-' if share is None else f'{share:.1f}' for share in shares]
    return f'| {name} | {form} | {result["seconds"]:.0f} | ' + ' | '.join(cells) + ' |'


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('configs', nargs='+')
    parser.add_argument('--scale', type=float, default=1.0, help="of the images' sides")
    parser.add_argument('--out', type=Path, help='also write the tables here, as Markdown')
    parser.add_argument('--form', choices=FORMS, help=argparse.SUPPRESS)
    return parser.parse_args()


def benchmark(args: argparse.Namespace) -> None:
    """Measure every config in both forms, each in a process of its own."""
    if args.form is not None:
        print(json.dumps(measure(args.configs[0], args.form, args.scale)))
        return
    memory, times = [], []
    for config in args.configs:
        for form in FORMS:
            result = in_own_process(__file__, config, '--scale', args.scale, '--form', form)
            memory.append(memory_row(Path(config).stem, form, result))
            times.append(time_row(Path(config).stem, form, result))
            print(memory[-1], times[-1], sep='\n', flush=True)
    if args.out:
        write_report(args.out, memory, times, args)


def write_report(path: Path, memory: list[str], times: list[str], args: argparse.Namespace) -> None:
    """The tables with what they were measured on."""
    import torch

    command = ' '.join([*args.configs, *(['--scale', str(args.scale)] if args.scale != 1 else [])])
    path.write_text(
        '# Memory and time of a self-ensembling step\n\n'
        f'Written by `python tools/benchmarks/step_parts.py {command} --out {path}`.\n\n'
        'One step of each config, its own batch and images'
        f'{"" if args.scale == 1 else f" at {args.scale} times their size"}, float32, on a CPU. *Kept*: what autograd '
        'has saved when the gradient of a part is taken, each storage once, without the parameters; *recomputed*: the '
        'same with `model.activation_checkpointing=True`. The teacher runs before the parts and keeps nothing.\n\n'
        '## Memory\n\n'
        'GiB. A step in parts keeps the largest of them, one backward over the sum of all losses keeps all. *Peak* is '
        'the whole process: also weights, teacher, reference, AdamW, what a layer needs for a moment, and Python.\n\n'
        '| config | activations | source | mixed | masked | in parts | one backward | peak |\n'
        '|---|---|---:|---:|---:|---:|---:|---:|\n' + '\n'.join(memory) + '\n\n'
        '## Time\n\n'
        'CPU seconds of the step, and the percentage of it that the teacher takes (its update, its forward pass '
        'without a graph, its labels), that making the mixed images takes (pasting, jitter, blur), and the masked ones '
        '(jitter, blur, blocks). Jitter and blur are made for certain; in training they are in 80 and 50 % of the '
        'steps. Seconds of different rows compare only where nothing else ran beside.\n\n'
        '| config | activations | step | teacher | mixing | masking |\n'
        '|---|---|---:|---:|---:|---:|\n' + '\n'.join(times) + '\n\n'
        f'{torch.get_num_threads()} threads; {measured_on()}.\n'
    )


if __name__ == '__main__':
    run_tool(parse_args, benchmark, stack=False)
