"""What training runs left on disk: losses, validations and checkpoints, stage by stage."""

import json
import os.path as osp
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

from mmseg_uda.engine.settings import PROCESSES, check_settings, settings_of
from mmseg_uda.engine.stages import (
    check_stage_settings,
    finished_checkpoint,
    plan_stages,
    settle_settings,
    with_options,
)
from mmseg_uda.errors import UserError
from mmseg_uda.utils.configs import load_config


@dataclass(frozen=True)
class Scalars:
    """What one training run logged.

    Attributes:
        losses: ``{name: [(iteration, value), ...]}`` of every logged loss, without their sum.
        validations: ``[(iteration, mIoU in percent), ...]``.
    """

    losses: dict[str, list[tuple[int, float]]]
    validations: list[tuple[int, float]]


@dataclass(frozen=True)
class StageRun:
    """One stage of a method, or a whole run that has none.

    Attributes:
        name: Its folder's name, empty for a run without stages.
        config: Path of the method's config, which is the model of every stage at test.
        work_dir: Where its checkpoints and logs are.
        finished: Its last checkpoint; None while it is not finished.
    """

    name: str
    config: str
    work_dir: str
    finished: str | None


@dataclass(frozen=True)
class Selected:
    """A checkpoint and how it was chosen.

    Attributes:
        stage: The stage it belongs to.
        iteration: Iteration of that stage.
        path: The file.
        validation: mIoU on the validation images in percent, None if it was not validated.
    """

    stage: StageRun
    iteration: int
    path: str
    validation: float | None


def stage_runs(config: str, work_dir: str, overrides: dict) -> list[StageRun]:
    """The stages of a config that are its own, in order; one for a config without ``stages``.

    Args:
        config: Path of the config.
        work_dir: The ``--work-dir`` it is trained in.
        overrides: Its ``--cfg-options``, parsed.

    Raises:
        UserError: A wrong entry of ``stages``, an option that nothing has a use for, or a run of other settings.
    """
    method = load_config(config)
    method.work_dir, method.launcher = work_dir, 'none'
    cfg = with_options(method, overrides)
    if not cfg.get('stages'):
        # Where it was resumed its start may not be known any more.
        check_settings(
            work_dir, settings_of(cfg, {}), 'Remove the folder to train it anew', free=('load_from', PROCESSES)
        )
        return [_stage_run('', config, cfg)]
    plan = plan_stages(method, overrides)
    settle_settings(plan, plan)
    own = [stage for stage in plan if not stage.shared]
    for stage in own:
        check_stage_settings(stage)
    return [_stage_run(osp.basename(stage.cfg.work_dir), config, stage.cfg) for stage in own]


def _stage_run(name: str, config: str, cfg: Config) -> StageRun:
    finished = finished_checkpoint(cfg)
    return StageRun(name, config, cfg.work_dir, finished and osp.join(cfg.work_dir, osp.basename(finished)))


def read_scalars(work_dir: str | Path) -> Scalars:
    """What a run logged, over all its starts: where a resumed run repeats an iteration, the later start counts.

    Raises:
        UserError: A line is no JSON, naming the file.
    """
    training: dict[int, dict] = {}
    validation: dict[int, float] = {}
    for path in sorted(Path(work_dir).glob('*/vis_data/scalars.json')):
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            try:
                record = json.loads(line)
            except json.JSONDecodeError as error:
                raise UserError(f'{path}, line {number}: {error}; delete the line') from error
            if 'mIoU' in record:
                validation[record['step']] = record['mIoU']
            elif 'loss' in record:
                training[record['step']] = record
    losses: dict[str, list[tuple[int, float]]] = {}
    for step, record in sorted(training.items()):
        for name, value in record.items():
            if 'loss' in name and name != 'loss':
                losses.setdefault(name, []).append((step, value))
    return Scalars(losses, sorted(validation.items()))


def last_selected(stages: list[StageRun]) -> Selected:
    """The checkpoint of the last iteration of the last stage: what a method gives without target labels.

    Raises:
        UserError: The run is not finished.
    """
    stage = stages[-1]
    if stage.finished is None:
        raise UserError(f'{stage.work_dir}: the run of {stage.config} is not finished')
    iteration = int(Path(stage.finished).stem.removeprefix('iter_'))
    return Selected(stage, iteration, stage.finished, dict(read_scalars(stage.work_dir).validations).get(iteration))


def best_selected(stages: list[StageRun]) -> Selected | None:
    """The validated checkpoint with the highest mIoU on labelled validation images, of all stages.

    Choosing it uses target labels, which an unsupervised method does not have.

    Returns:
        None if no validated checkpoint was kept.
    """
    candidates = [
        Selected(stage, iteration, path, value)
        for stage in stages
        for iteration, value in read_scalars(stage.work_dir).validations
        if osp.isfile(path := osp.join(stage.work_dir, f'iter_{iteration}.pth'))
    ]
    return max(candidates, key=lambda selected: selected.validation, default=None)
