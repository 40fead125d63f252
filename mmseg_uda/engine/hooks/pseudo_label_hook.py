"""Label the target set before a stage and, for methods that refresh, every N iterations."""

from pathlib import Path

from mmengine.dataset import BaseDataset
from mmengine.dist import get_dist_info
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from mmseg.registry import HOOKS
from torch.utils.data import DataLoader

from mmseg_uda.errors import UserError
from mmseg_uda.models.checkpoints import check_fits
from mmseg_uda.pseudo_labels.generation import generate_pseudo_labels
from mmseg_uda.pseudo_labels.labeling_rule import LabelingRule, find_labeling_rule, load_labeler
from mmseg_uda.pseudo_labels.rounds import Manifest, point_current_at, round_folder
from mmseg_uda.pseudo_labels.target_images import build_target_images

from .termination_hook import termination_hook


@HOOKS.register_module()
class PseudoLabelHook(Hook):
    """Make the rounds of pseudo labels that a run trains on, if an adaptation asks for them.

    It does nothing unless an adaptation has a ``labeling`` (see
    :func:`~mmseg_uda.pseudo_labels.labeling_rule.find_labeling_rule`), or where
    ``train_dataloader.dataset.target.pseudo_labels`` names a folder of labels.

    The round of iteration k is made with the weights the model had after k iterations (the first one with the
    labeler's, if there is one), kept below the work dir (:mod:`~mmseg_uda.pseudo_labels.rounds`), and handed to the
    target dataset, and to the source where that consists of target images too. A link ``current`` leads to the round in
    use. The first round is made before the first iteration. A resumed run goes on with its round: labels are never made
    with newer weights than those an uninterrupted run would have used.

    Args:
        labeler: ``dict(config=..., checkpoint=...)`` of another trained model that makes the labels, so that the
            network in training may start afresh. None: the run's own weights, as ``load_from`` gave them.
        interval: Iterations between rounds; None for one round only.
        overlays: See :func:`~mmseg_uda.pseudo_labels.generation.generate_pseudo_labels`, as the next two.
        batch_size: Images predicted together.
        num_workers: Loading processes of each process.
        pipeline: Loading steps for labelling, where those of ``train_dataloader.dataset.target`` before
            LoadPseudoLabels do not do.

    Raises:
        UserError: ``interval`` is less than 1 or goes with a labeler; the data loader has no target images or no
            sampler that can skip; or a resumed run lacks its round.
    """

    def __init__(
        self,
        labeler: dict | None = None,
        interval: int | None = None,
        overlays: int = 8,
        batch_size: int = 1,
        num_workers: int = 2,
        pipeline: list[dict] | None = None,
    ) -> None:
        if interval is not None and interval < 1:
            raise UserError(f'PseudoLabelHook: interval must be None or at least 1, got {interval}')
        if labeler is not None and interval is not None:
            raise UserError('PseudoLabelHook: a labeler makes one round; it cannot be renewed every `interval`')
        self.labeler = labeler
        self.interval = interval
        self.pipeline = pipeline
        self.options = dict(overlays=overlays, batch_size=batch_size, num_workers=num_workers)
        self.rule: LabelingRule | None = None

    priority = 'LOWEST'  # after CheckpointHook: what is killed while it labels goes on with the labels

    def before_train(self, runner: Runner) -> None:
        """Make the first round, or find the one that a resumed run trains on."""
        self.rule = _find_rule(runner)
        if self.rule is None:
            return
        due = runner.iter - runner.iter % self.interval if self.interval else 0
        fresh = due == runner.iter
        if fresh and self.labeler is None and runner.cfg.get('load_from'):
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
        if self.rule and self.interval and done % self.interval == 0 and done < runner.max_iters:
            if termination := termination_hook(runner):
                termination.end_at_once()  # labelling takes long
            _train_on(runner, self._label(runner, done), consumed=done)

    def _label(self, runner: Runner, iteration: int) -> Path:
        """Make the round of this iteration, or find it made with these very weights."""
        _target_dataset(runner)
        if self.labeler is None:
            model, checkpoint = runner.model, runner.cfg.get('load_from')
        else:
            checkpoint = self.labeler['checkpoint']
            model = load_labeler(self.labeler['config'], checkpoint).to(next(runner.model.parameters()).device)
        round_dir = round_folder(runner.work_dir, iteration)
        manifest = generate_pseudo_labels(
            model,
            build_target_images(runner.cfg.train_dataloader['dataset']['target'], self.pipeline),
            self.rule.selector,
            round_dir,
            confidence=self.rule.confidence,
            overwrite=True,
            origin=dict(checkpoint=checkpoint, iteration=iteration),
            **self.options,
        )
        runner.logger.info(
            f'Pseudo labels of iteration {iteration}: {manifest.kept_portion:.1%} of the pixels '
            f'of {manifest.images} images, in {round_dir}'
        )
        return round_dir


def _find_rule(runner: Runner) -> LabelingRule | None:
    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    rule = find_labeling_rule(getattr(model, 'adaptations', {}))
    if rule is None or getattr(_pair_target(runner), 'pseudo_labels', None) is not None:
        return None
    if rule.overruled:
        runner.logger.info(
            f'Pseudo labels follow the rule of {rule.adaptation}; {", ".join(rule.overruled)} '
            'would use another, and trains on the same labels'
        )
    return rule


def _existing_round(runner: Runner, iteration: int) -> Path:
    round_dir = round_folder(runner.work_dir, iteration)
    if Manifest.read(round_dir) is None:
        raise UserError(
            f'The run resumes at iteration {runner.iter} and needs the pseudo labels of iteration '
            f'{iteration}, but {round_dir} holds none. Labels made now would be others: bring the '
            f'folder back, or resume from a checkpoint of iteration {iteration}.'
        )
    runner.logger.info(f'Pseudo labels of iteration {iteration} are reused: {round_dir}')
    return round_dir


def _pair_target(runner: Runner) -> BaseDataset | None:
    return getattr(runner.train_dataloader.dataset, 'target', None)


def _target_dataset(runner: Runner) -> BaseDataset:
    target = _pair_target(runner)
    if not hasattr(target, 'set_pseudo_labels'):
        raise UserError(
            'PseudoLabelHook needs target images: train_dataloader.dataset must be a '
            'DomainPairDataset with target=dict(type="UnlabeledDataset", ...)'
        )
    return target


def _train_on(runner: Runner, round_dir: Path, consumed: int) -> None:
    """Hand the round to the data loader, which goes on after ``consumed`` batches."""
    if get_dist_info()[0] == 0:
        point_current_at(round_dir)
    loader = runner.train_dataloader
    # IntraDA's source images are target images too.
    for dataset in (_target_dataset(runner), loader.dataset.source):
        if hasattr(dataset, 'set_pseudo_labels'):
            dataset.set_pseudo_labels(str(round_dir))
    if not hasattr(loader.sampler, 'skip'):
        raise UserError(
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
