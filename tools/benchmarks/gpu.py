"""Time and memory of training on a GPU: every paper's ResNet-101 config, two losses alone, the wait for data.

    bash tools/benchmarks/gpu.sh OUT

A *row* is (what is measured, of what, how). Rows that share a start share a process; a row that fails says why and the
others go on. The most telling come first, in case that time runs out.
"""

import argparse
import datetime
import gc
import json
import math
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from measured import commit
from training_memory import (
    build,
    device,
    image_size,
    peak_bytes,
    random_batch,
    shrink,
    step,
    timed,
    training_pipelines,
)

from mmseg_uda.errors import UserError
from mmseg_uda.utils.command import run_tool

ROOT = Path(__file__).resolve().parents[2]
PAPERS = dict(dast='da', plca=None, maxcos='pl', sam='generation', pixintrada='t0')
"""The stage of each paper's config that has the paper's own loss."""
FROM_DISK = ('dast', 'plca')
"""Those of them that train without pseudo labels, so that they can be fed rendered images."""
SMOKE_SCALE = 0.1
OUT_OF_TIME = 'out of time'
Row = tuple[str, str, str]


@dataclass(frozen=True)
class Form:
    """How a step is made: by a loop written plainly or in parts, in which precision, and with what else."""

    plain: bool = False
    tf32: bool = False
    bf16: bool = False
    recomputed: bool = False
    compiled: bool = False


FORMS = {
    'plain, fp32': Form(plain=True),
    'fp32': Form(),
    'bf16': Form(bf16=True),
    'TF32': Form(tf32=True),
    'plain, TF32': Form(plain=True, tf32=True),
    'fp32, recomputed': Form(recomputed=True),
    'bf16, recomputed': Form(bf16=True, recomputed=True),
    'bf16, compiled': Form(bf16=True, compiled=True),
}
LOSSES = (
    'PLCA, features: cosine, 2048 channels',
    'PLCA, predictions: KL, 19 classes',
    'SAM, frozen module',
    'SAM, trained module',
)


def jobs() -> list[list[Row]]:
    """All rows, by the process that measures them."""
    compiled = [form for form in FORMS if FORMS[form].compiled]
    return [
        *([('step', paper, form) for form in FORMS if form not in compiled] for paper in PAPERS),
        [('loss', loss, form) for loss in LOSSES for form in ('plain', 'ours')],
        [('data', paper, 'bf16') for paper in FROM_DISK],
        *([('step', paper, form) for form in compiled] for paper in PAPERS),
    ]


# Measuring, in a process that the command starts.


def counts(smoke: bool) -> tuple[int, int]:
    """Steps that warm up, and steps that are timed."""
    return (0, 1) if smoke else (3, 10)


def stage_config(paper: str, smoke: bool):
    """The config of a paper's stage; with ``smoke`` of small images and a smaller network."""
    from mmengine.config import Config

    from mmseg_uda.engine.stages import chosen_stages, plan_stages

    cfg = Config.fromfile(ROOT / 'configs' / paper / f'{paper}_r101_gta2cs.py')
    cfg.launcher, cfg.work_dir = 'none', 'none'  # nothing is written
    if PAPERS[paper] is not None:
        cfg = chosen_stages(plan_stages(cfg, {}), PAPERS[paper], cfg)[0].cfg
    if smoke:
        shrink(cfg, SMOKE_SCALE)
        cfg.model.backbone.depth = 50
    return cfg


def ready(cfg, form: Form, smoke: bool):
    """Model and optimisers of a config in one form of the step."""
    import torch

    from mmseg_uda.engine.launch import enable_amp
    from mmseg_uda.models.ops.source_dictionary import SourceDictionary

    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = form.tf32
    torch.backends.cudnn.benchmark = cfg.env_cfg.cudnn_benchmark
    if form.bf16:
        enable_amp(cfg)
    model, wrapper = build(cfg, form.recomputed)
    for module in model.modules():
        if isinstance(module, SourceDictionary):  # MaxCos's, full as they are but for the first steps
            module.features.normal_()
            module.count.fill_(module.features.shape[1])
    if form.compiled:
        backend = 'eager' if smoke else 'inductor'
        for part in filter(None, (model.backbone, getattr(model, 'neck', None), model.decode_head)):
            part.compile(backend=backend, dynamic=False)
    return model, wrapper


def measure_step(paper: str, name: str, args: argparse.Namespace) -> dict:
    """One form of a paper's step, on random images."""
    from alternating_loop import can_alternate

    form, cfg = FORMS[name], stage_config(paper, args.smoke)
    model, wrapper = ready(cfg, form, args.smoke)
    kind = 'in parts'
    if form.plain:
        kind = 'alternating loop' if can_alternate(model) else 'one backward'
    batch = random_batch(cfg, cfg.train_dataloader.batch_size)
    seconds = timed(lambda: step(model, wrapper, batch, kind), *counts(args.smoke))
    return dict(kind=kind, images=described_images(cfg), seconds=seconds, bytes=peak_bytes())


def described_images(cfg) -> str:
    """'1 of 1280x720, 1 of 1024x512', source and target."""
    loader = cfg.train_dataloader
    sizes = [image_size(pipeline) for pipeline in training_pipelines(cfg).values()]
    return ', '.join(f'{loader.batch_size} of {width}x{height}' for height, width in sizes)


def plain_self_attend(projected, values):
    """SAM's Eq. 4 to 6 on the whole map of all pairs of pixels; N,D,h,w and N,C,h,w to N,C,h,w."""
    import torch

    unit, pixels = torch.nn.functional.normalize(projected, dim=1).flatten(2), values.flatten(2)
    weights = (unit.mT @ unit).relu()
    return (pixels @ (weights / weights.sum(dim=2, keepdim=True)).mT).view_as(values)


def plca_case(loss: str, form: str, smoke: bool):
    """Inputs of PLCA's association loss, and the loss as a function without arguments."""
    from plca import APPROACHES, scene

    similarity, channels = ('cosine', 2048) if 'features' in loss else ('kl', 19)
    source, target, labels = (x.to(device()) for x in scene(12 if smoke else 92, channels, similarity))
    run = APPROACHES['plain' if form == 'plain' else 'streaming']
    inputs = [x.requires_grad_() for x in (source, target)]
    return inputs, lambda: run(source, target, labels, similarity)[0]


def sam_case(loss: str, form: str, smoke: bool):
    """The same for SAM: the distance that a network follows, or a loss that its module trains with."""
    import torch

    from mmseg_uda.models.losses import inter_pixel_loss
    from mmseg_uda.models.ops import self_attend

    torch.manual_seed(0)
    z = torch.randn(1, 19, *((9, 16) if smoke else (90, 160)), device=device(), requires_grad=True)
    conv = torch.nn.Conv2d(19, 19, 1, device=device())
    attend = plain_self_attend if form == 'plain' else self_attend

    def trained():
        return (z + attend(conv(z), z)).square().mean()

    def followed():
        with torch.no_grad():
            attended = attend(conv(z), z)
        return inter_pixel_loss(z, z + attended)

    return [z], trained if 'trained' in loss else followed


def measure_loss(loss: str, form: str, args: argparse.Namespace) -> dict:
    """A loss alone, forward and backward, in float32."""
    import torch

    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    inputs, function = (plca_case if loss.startswith('PLCA') else sam_case)(loss, form, args.smoke)

    def run():
        run.loss = function()
        run.gradients = torch.autograd.grad(run.loss, inputs)

    seconds = timed(run, *counts(args.smoke))
    values = [run.loss.item(), *(gradient.norm().item() for gradient in run.gradients)]
    return dict(seconds=seconds, bytes=peak_bytes(), values=values)


def render(folder: Path, smoke: bool) -> None:
    """MiniCity in the formats and about the sizes of GTA5 and Cityscapes, unless it is there."""
    if (folder / 'gta' / 'sample_class_stats.json').is_file():  # written last
        return
    tools = ROOT / 'tools' / 'dataset_converters'
    size, pictures = ('128x256', '4') if smoke else ('1024x2048', '16')
    number = ['--num-source', pictures, '--num-train', pictures, '--num-val', '1', '--num-test', '1']
    for command in (['minicity.py', '--out', folder, '--size', size, *number], ['gta.py', folder / 'gta']):
        subprocess.run([sys.executable, tools / command[0], *command[1:]], check=True, stdout=sys.stderr)


def measure_data(paper: str, name: str, args: argparse.Namespace) -> dict:
    """Training on rendered images from disk: what part of a step is spent waiting for them."""
    import torch
    from mmengine.runner import Runner

    city = Path(args.city)
    render(city, args.smoke)
    cfg = stage_config(paper, args.smoke)
    model, wrapper = ready(cfg, FORMS[name], args.smoke)
    cfg.train_dataloader.num_workers = 4
    cfg.train_dataloader.dataset.source.data_root = str(city / 'gta')
    cfg.train_dataloader.dataset.target.data_root = str(city / 'cityscapes')
    batches = iter(Runner.build_dataloader(cfg.train_dataloader, seed=0))
    waits = []

    def run():
        start = time.perf_counter()
        batch = next(batches)
        waits.append(time.perf_counter() - start)
        step(model, wrapper, batch, 'in parts')
        if device() == 'cuda':
            torch.cuda.synchronize()

    # Workers load ahead: only once these batches are used does a step meet the pace at which they go on.
    warmups, steps = (1, 2) if args.smoke else (12, 30)
    for _ in range(warmups):
        run()
    start = time.perf_counter()
    for _ in range(steps):
        run()
    seconds = time.perf_counter() - start
    return dict(seconds=seconds / steps, share=sum(waits[-steps:]) / seconds)


MEASURES = dict(step=measure_step, loss=measure_loss, data=measure_data)


def attempt(row: Row, args: argparse.Namespace) -> dict:
    """The result of a row, or ``dict(why=...)`` if it fails."""
    import torch

    what, subject, form = row
    try:
        if device() == 'cuda':
            torch.cuda.reset_peak_memory_stats()
        return MEASURES[what](subject, form, args)
    except torch.cuda.OutOfMemoryError:
        return dict(why='out of memory')
    except Exception as error:
        traceback.print_exc()
        lines = str(error).strip().splitlines() or ['']
        return dict(why=f'{type(error).__name__}: {lines[0][:80]}'.replace('|', '/'))


def measure_rows(args: argparse.Namespace) -> None:
    """Print a line of JSON for each of the rows that this process is given."""
    from mmseg_uda.utils.console import quiet_stack

    quiet_stack()

    import torch
    from mmengine.logging import MMLogger

    MMLogger.get_current_instance().setLevel('ERROR')  # not a line for each parameter group
    for row in json.loads(args.rows):
        print(f'\n{row}', file=sys.stderr, flush=True)
        print(json.dumps(attempt(row, args)), flush=True)
        gc.collect()
        torch.cuda.empty_cache()


# Running it all.


@contextmanager
def started(command: list, **streams) -> Iterator[subprocess.Popen]:
    """A process that ends with the context, and all that it started."""
    process = subprocess.Popen(command, start_new_session=True, **streams)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def worker(rows: list[Row], args: argparse.Namespace) -> list[str]:
    """The command that measures rows in a process of its own."""
    smoke = ['--smoke'] if args.smoke else []
    return [sys.executable, __file__, str(args.out), '--rows', json.dumps(rows), '--city', str(args.city), *smoke]


def run_rows(rows: list[Row], deadline: float, args: argparse.Namespace, log) -> dict[Row, dict]:
    """Measure rows in a process, and if it dies, the rows after the one it died of in another."""
    results = {}
    while rows:
        why = OUT_OF_TIME
        with tempfile.TemporaryFile('w+') as output:
            left = deadline - time.monotonic()
            if left > 0:
                with (
                    started(worker(rows, args), stdout=output, stderr=log) as process,
                    suppress(subprocess.TimeoutExpired),
                ):
                    why = f'its process ended with status {process.wait(left)}'
            output.seek(0)
            found = [json.loads(line) for line in output if line.startswith('{')]
        results.update(zip(rows, found, strict=False))
        rows = rows[len(found) :]
        failed, rows = (rows, []) if why == OUT_OF_TIME else (rows[:1], rows[1:])
        results.update({row: dict(why=why) for row in failed})
    return results


def run_tests(deadline: float, out: Path) -> tuple[bool, str]:
    """Whether the tests that need a GPU passed, and pytest's last line."""
    command = [sys.executable, '-m', 'pytest', '-q', '-m', 'gpu', 'tests']
    path = out / 'gpu_tests.txt'
    left = min(150, max(0, deadline - time.monotonic()))
    with open(path, 'w') as output, started(command, cwd=ROOT, stdout=output, stderr=output) as process:
        try:
            status = process.wait(left)
        except subprocess.TimeoutExpired:
            return False, f'not finished after {left:.0f} s'
    lines = path.read_text().split('\n')
    return status == 0, next((line for line in reversed(lines) if line), 'no output')


def benchmark(args: argparse.Namespace) -> None:
    """Run the tests, measure every row, and keep the page up to date.

    Raises:
        UserError: There is no GPU, or a test failed.
    """
    if args.rows:
        measure_rows(args)
        return
    if device() != 'cuda' and not args.smoke:
        raise UserError('this benchmark needs CUDA, which torch does not find; --smoke tries it at tiny sizes on a CPU')
    deadline = time.monotonic() + args.seconds
    args.out.mkdir(parents=True, exist_ok=True)
    page, results = args.out / 'gpu.md', {}
    passed, tests = run_tests(deadline, args.out)
    print(tests, flush=True)
    with tempfile.TemporaryDirectory() as args.city, open(args.out / 'gpu.log', 'w') as log:
        for rows in jobs():
            results |= run_rows(rows, deadline, args, log)
            page.write_text(report(tests, results, args.smoke))
            for row in rows:
                print(*row, results[row], sep=' | ', flush=True)
    print(f'written: {page}')
    if not passed:
        raise UserError(f'pytest -m gpu: {tests}; its output: {args.out}/gpu_tests.txt')


# The page.


def report(tests: str, results: dict[Row, dict], smoke: bool) -> str:
    """The page, of the rows that there are so far."""
    note = ['**Written with `--smoke`, at tiny sizes: its numbers mean nothing.**', ''] if smoke else []
    steps = [('step', paper, form) for paper in PAPERS for form in FORMS]
    losses = [('loss', loss, form) for loss in LOSSES for form in ('plain', 'ours')]
    data = [('data', paper, 'bf16') for paper in FROM_DISK]
    return '\n'.join(
        [
            '# On a GPU',
            '',
            'Written by `bash tools/benchmarks/gpu.sh OUT`.',
            '',
            machine(),
            '',
            *note,
            f'`pytest -m gpu`: {tests}',
            '',
            '## A training step',
            '',
            "Each paper's ResNet-101 config from GTA5, at its batch and sizes, in the stage with its own loss "
            f'({", ".join(f"{paper} `{stage}`" for paper, stage in PAPERS.items() if stage)}): random weights, random '
            f'images, MaxCos with full dictionaries; the mean of {counts(False)[1]} steps after {counts(False)[0]}. '
            '*Plain* is the released alternating loop, written plainly from the same modules '
            '(`tools/benchmarks/alternating_loop.py`), where the method has one, else one backward over the sum of all '
            'losses; the others are what training does, a step in parts. *bf16* is `--amp`; *recomputed* is '
            '`model.activation_checkpointing`; *compiled* is `torch.compile` of backbone, neck and head, each image '
            'size by itself. TF32 is off where no row says otherwise. Memory is the most that torch had allocated, '
            'warm-up included.',
            '',
            *table('config|step|made|images|s|times as fast|GB|ratio', steps, results, step_cells),
            '',
            '## Losses alone',
            '',
            'Forward and backward in float32, of one pair of 92x92 maps (PLCA, with the aggregation of the target) and '
            'of one map of 160x90 (SAM). *Plain* is on whole maps of all pairs of pixels. Memory holds the inputs too; '
            'the difference is the largest relative one to the plain form, in the loss and the norms of its gradients.',
            '',
            *table('loss|form|ms|times as fast|MB|ratio|difference', losses, results, loss_cells),
            '',
            '## Waiting for data',
            '',
            'Training on rendered images of 2048x1024, through the pipelines of the config, with 4 workers. The few '
            'pictures are in the cache of the file system; a slow disk comes on top.',
            '',
            *table('config|step|s|waiting, %', data, results, data_cells),
            '',
        ]
    )


def machine() -> str:
    """Device, versions, date and commit."""
    from importlib.metadata import PackageNotFoundError, version

    import torch

    name = platform.processor() or platform.machine()
    if device() == 'cuda':
        properties = torch.cuda.get_device_properties(0)
        cuda, cudnn = torch.version.cuda, torch.backends.cudnn.version()
        name = f'{properties.name} ({properties.total_memory / 2**30:.0f} GiB), CUDA {cuda}, cuDNN {cudnn}'
    versions = []
    for package in ('onedl-mmengine', 'mmengine', 'onedl-mmsegmentation', 'mmsegmentation'):
        with suppress(PackageNotFoundError):
            versions.append(f'{package} {version(package)}')
    python = f'Python {platform.python_version()}, torch {torch.__version__}, {", ".join(versions)}'
    return f'{name}, {os.cpu_count()} CPU cores, {python}; {datetime.date.today()}, commit {commit()}.'


def table(head: str, rows: list[Row], results: dict[Row, dict], cells: Callable[[dict, dict], list[str]]) -> list[str]:
    """Lines of Markdown: of each row its values beside the plain form's, or why there are none."""
    words = head.split('|')
    lines = [f'| {" | ".join(words)} |', '|---|---|' + '---:|' * (len(words) - 2)]
    plain = {}
    for row in rows:
        result = results.get(row, dict(why='not yet'))
        reference = plain.setdefault(row[:2], result)  # the first of its kind
        filled = [f'not measured: {result["why"]}'] if 'why' in result else cells(result, reference)
        lines.append(f'| {" | ".join([*row[1:], *filled])} |')
    return lines


def ratio(result: dict, reference: dict, key: str) -> float:
    """A result as a multiple of another; not a number where there is no other."""
    return result[key] / reference.get(key, math.nan)


def step_cells(result: dict, plain: dict) -> list[str]:
    """How a step is made, what of, its time and memory."""
    seconds = [f'{result["seconds"]:.3f}', f'{1 / ratio(result, plain, "seconds"):.2f}']
    memory = [f'{result["bytes"] / 2**30:.2f}', f'{ratio(result, plain, "bytes"):.2f}']
    return [result['kind'], result['images'], *seconds, *memory]


def loss_cells(result: dict, plain: dict) -> list[str]:
    """Time and memory of a loss, and how far its values are from the plain form's."""
    seconds = [f'{1000 * result["seconds"]:.1f}', f'{1 / ratio(result, plain, "seconds"):.2f}']
    memory = [f'{result["bytes"] / 2**20:.0f}', f'{ratio(result, plain, "bytes"):.2f}']
    pairs = zip(result['values'], plain.get('values', result['values']), strict=True)
    return [*seconds, *memory, f'{max(abs(a - b) / max(abs(b), 1e-30) for a, b in pairs):.0e}']


def data_cells(result: dict, plain: dict) -> list[str]:
    """Time of a step, and the share of it spent waiting."""
    return [f'{result["seconds"]:.3f}', f'{100 * result["share"]:.0f}']


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('out', type=Path, help='folder for gpu.md')
    parser.add_argument('--smoke', action='store_true', help='tiny sizes, on a CPU too')
    parser.add_argument('--seconds', type=float, default=480, help='all may take; what is left then is not measured')
    parser.add_argument('--rows', help=argparse.SUPPRESS)
    parser.add_argument('--city', default=None, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == '__main__':
    run_tool(parse_args, benchmark, stack=False)
