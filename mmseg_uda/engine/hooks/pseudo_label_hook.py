"""Labels the target set before a stage and, for methods that refresh, every N iterations."""

from pathlib import Path

from mmengine.dataset import BaseDataset
from mmengine.dist import get_dist_info
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS, TASK_UTILS
from torch.utils.data import DataLoader

from mmseg_uda.pseudo_labels import (
    Manifest,
    generate_pseudo_labels,
    labelling_dataset,
    point_current_at,
)
from mmseg_uda.utils.checkpoints import check_fits


@HOOKS.register_module()
class PseudoLabelHook(Hook):
    """Make the rounds of pseudo labels that a run trains on.

    The round of iteration k is ``<work_dir>/pseudo_labels/iter_<k>``, made with the weights the
    model had after k iterations, and is handed to the target dataset: the config's
    ``train_dataloader.dataset.target.pseudo_labels`` may stay None. The link
    ``<work_dir>/pseudo_labels/current`` leads to the round in use. The first round is made before
    the first iteration. A resumed run goes on with its round: labels are never made with newer
    weights than those an uninterrupted run would have used.

    Args:
        selector (dict): Config of the selector, such as ``dict(type='DASTSelector')``.
        interval (int, optional): Iterations between rounds; None for one round only.
        confidence (bool): See :func:`~mmseg_uda.pseudo_labels.generate_pseudo_labels`, as the
            next three. Defaults to False.
        overlays (int): Defaults to 8.
        batch_size (int): Defaults to 1.
        num_workers (int): Defaults to 2.
        pipeline (list[dict], optional): Deterministic loading steps, where those of
            ``train_dataloader.dataset.target`` are random.

    Raises:
        ValueError: If ``interval`` is less than 1, or the data loader has no target images or no
            sampler that can skip.
        FileNotFoundError: If a resumed run lacks its round.
    """

    def __init__(
        self,
        selector: dict,
        interval: int | None = None,
        confidence: bool = False,
        overlays: int = 8,
        batch_size: int = 1,
        num_workers: int = 2,
        pipeline: list[dict] | None = None,
    ) -> None:
        if interval is not None and interval < 1:
            raise ValueError(f'PseudoLabelHook: interval must be None or at least 1, got {interval}')
        self.selector = TASK_UTILS.build(selector)
        self.interval = interval
        self.pipeline = pipeline
        self.options = dict(confidence=confidence, overlays=overlays, batch_size=batch_size, num_workers=num_workers)

    def before_train(self, runner: Runner) -> None:
        """Make the first round, or find the one that a resumed run trains on."""
        due = runner.iter - runner.iter % self.interval if self.interval else 0
        fresh = due == runner.iter
        if fresh and runner.cfg.get('load_from'):
            # Weights that predictions depend on must not be random ones, e.g. a missing attention discriminator's.
            check_fits(runner.model, runner.cfg.load_from)
        round_dir = self._label(runner, due) if fresh else _existing_round(runner, due)
        # MMEngine's loop itself advances to the resumed iteration, counting from the start.
        _train_on(runner, round_dir, consumed=0)

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Make a round every ``interval`` iterations."""
        done = runner.iter + 1
        if self.interval and done % self.interval == 0 and done < runner.max_iters:
            _train_on(runner, self._label(runner, done), consumed=done)

    def _label(self, runner: Runner, iteration: int) -> Path:
        """Make the round of this iteration, or find it made with these very weights."""
        _target_dataset(runner)
        round_dir = _round_dir(runner, iteration)
        manifest = generate_pseudo_labels(
            runner.model,
            labelling_dataset(runner.cfg.train_dataloader['dataset']['target'], self.pipeline),
            self.selector,
            round_dir,
            overwrite=True,
            origin=dict(checkpoint=runner.cfg.get('load_from'), iteration=iteration),
            **self.options,
        )
        runner.logger.info(
            f'Pseudo labels of iteration {iteration}: {manifest.kept_portion:.1%} of the pixels '
            f'of {manifest.images} images, in {round_dir}'
        )
        return round_dir


def _round_dir(runner: Runner, iteration: int) -> Path:
    return Path(runner.work_dir) / 'pseudo_labels' / f'iter_{iteration}'


def _existing_round(runner: Runner, iteration: int) -> Path:
    round_dir = _round_dir(runner, iteration)
    if Manifest.read(round_dir) is None:
        raise FileNotFoundError(
            f'The run resumes at iteration {runner.iter} and needs the pseudo labels of iteration '
            f'{iteration}, but {round_dir} holds none. Labels made now would be others: bring the '
            f'folder back, or resume from a checkpoint of iteration {iteration}.'
        )
    runner.logger.info(f'Pseudo labels of iteration {iteration} are reused: {round_dir}')
    return round_dir


def _target_dataset(runner: Runner) -> BaseDataset:
    target = getattr(runner.train_dataloader.dataset, 'target', None)
    if not hasattr(target, 'set_pseudo_labels'):
        raise ValueError(
            'PseudoLabelHook needs target images: train_dataloader.dataset must be a '
            'DomainPairDataset with target=dict(type="UnlabeledDataset", ...)'
        )
    return target


def _train_on(runner: Runner, round_dir: Path, consumed: int) -> None:
    """Hand the round to the data loader, which goes on after ``consumed`` batches."""
    if get_dist_info()[0] == 0:
        point_current_at(round_dir)
    _target_dataset(runner).set_pseudo_labels(str(round_dir))
    loader = runner.train_dataloader
    if not hasattr(loader.sampler, 'skip'):
        raise ValueError(
            'PseudoLabelHook needs a sampler that can skip to a position: '
            f'train_dataloader.sampler is {type(loader.sampler).__name__}, expected '
            'DomainPairSampler'
        )
    loader.sampler.skip(consumed * loader.batch_size)
    # Workers have copies of the dataset and may have prefetched batches of the round before, and
    # persistent ones would live on: start with new ones.
    loop = runner.train_loop
    loop.dataloader = _renewed(loader)
    loop.dataloader_iterator = type(loop.dataloader_iterator)(loop.dataloader)


def _renewed(loader: DataLoader) -> DataLoader:
    return DataLoader(
        loader.dataset,
        batch_size=loader.batch_size,
        sampler=loader.sampler,
        num_workers=loader.num_workers,
        collate_fn=loader.collate_fn,
        pin_memory=loader.pin_memory,
        drop_last=loader.drop_last,
        timeout=loader.timeout,
        worker_init_fn=loader.worker_init_fn,
        multiprocessing_context=loader.multiprocessing_context,
        generator=loader.generator,
        prefetch_factor=loader.prefetch_factor,
        persistent_workers=loader.persistent_workers,
    )
