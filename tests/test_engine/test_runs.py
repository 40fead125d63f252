"""Reading what runs left on disk, on files as MMEngine writes them."""

import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmseg_uda.engine.checkpoint_files import mark_finished
from mmseg_uda.engine.runs import best_selected, last_selected, read_scalars, stage_runs
from mmseg_uda.engine.settings import keep_settings, settings_of
from mmseg_uda.errors import UserError
from tests.conftest import ROOT

SOURCE_ONLY = str(ROOT / 'configs' / 'source_only' / 'source_only_mini_gta2cs.py')
DAST = str(ROOT / 'configs' / 'dast' / 'dast_mini_gta2cs.py')
OPTIONS = {'train_cfg.max_iters': 4}


def write_log(work_dir: Path, start: str, records: list[dict]) -> None:
    folder = work_dir / start / 'vis_data'
    folder.mkdir(parents=True)
    (folder / 'scalars.json').write_text(''.join(json.dumps(record) + '\n' for record in records))


def trained(step: int, loss: float) -> dict:
    return {
        'segmentor.lr': 0.1,
        'loss': 2 * loss,
        'decode.loss_ce': loss,
        'dast.loss_d': loss,
        'iter': step,
        'step': step,
    }


def validated(step: int, miou: float) -> dict:
    return {'aAcc': 50.0, 'mIoU': miou, 'IoU.road': float('nan'), 'step': step}


def save_checkpoints(work_dir: Path, *iterations: int) -> None:
    work_dir.mkdir(parents=True, exist_ok=True)
    for iteration in iterations:
        torch.save({}, work_dir / f'iter_{iteration}.pth')
    (work_dir / 'last_checkpoint').write_text(str(work_dir / f'iter_{iterations[-1]}.pth'))
    mark_finished(str(work_dir), iterations[-1])


def test_a_resumed_runs_repeated_iterations_count_once(tmp_path):
    write_log(tmp_path, '20300101_000000', [trained(1, 9.0), trained(2, 8.0), validated(2, 20.0), trained(3, 7.0)])
    write_log(tmp_path, '20300102_000000', [trained(3, 5.0), trained(4, 4.0), validated(4, 30.0)])
    scalars = read_scalars(tmp_path)
    expected = [(1, 9.0), (2, 8.0), (3, 5.0), (4, 4.0)]
    assert scalars.losses == {'decode.loss_ce': expected, 'dast.loss_d': expected}
    assert scalars.validations == [(2, 20.0), (4, 30.0)]


def test_a_run_of_other_settings_is_not_taken_for_this_one(tmp_path):
    cfg = Config.fromfile(SOURCE_ONLY)
    save_checkpoints(tmp_path, 1500)
    keep_settings(tmp_path, settings_of(cfg, {}))
    assert stage_runs(SOURCE_ONLY, str(tmp_path), {})[0].finished
    with pytest.raises(UserError, match=r'train_cfg\.max_iters was 1500, is 4'):
        stage_runs(SOURCE_ONLY, str(tmp_path), OPTIONS)


def test_a_broken_log_is_named(tmp_path):
    write_log(tmp_path, '20300101_000000', [trained(1, 9.0)])
    path = tmp_path / '20300101_000000' / 'vis_data' / 'scalars.json'
    path.write_text(path.read_text() + '{"loss": 1.')
    with pytest.raises(UserError, match=r'scalars\.json, line 2'):
        read_scalars(tmp_path)


def test_last_and_best_are_different_things(tmp_path):
    save_checkpoints(tmp_path, 2, 4)
    write_log(tmp_path, '20300101_000000', [validated(2, 30.0), validated(3, 99.0), validated(4, 20.0)])
    stages = stage_runs(SOURCE_ONLY, str(tmp_path), OPTIONS)
    last, best = last_selected(stages), best_selected(stages)
    assert (last.iteration, last.validation, Path(last.path).name) == (4, 20.0, 'iter_4.pth')
    assert (best.iteration, best.validation) == (2, 30.0), 'iteration 3 has no checkpoint'


def test_an_unfinished_run_has_no_last_checkpoint(tmp_path):
    save_checkpoints(tmp_path, 2)
    with pytest.raises(UserError, match='not finished'):
        last_selected(stage_runs(SOURCE_ONLY, str(tmp_path), OPTIONS))
    assert best_selected(stage_runs(SOURCE_ONLY, str(tmp_path), OPTIONS)) is None


def test_stages_of_a_method(tmp_path):
    first, second = tmp_path / '00_da', tmp_path / '01_round'
    for folder, miou in ((first, 40.0), (second, 35.0)):
        save_checkpoints(folder, 4)
        write_log(folder, '20300101_000000', [validated(4, miou)])
    stages = stage_runs(DAST, str(tmp_path), OPTIONS)
    assert [stage.name for stage in stages] == [first.name, second.name]
    assert last_selected(stages).path == str(second / 'iter_4.pth')
    assert best_selected(stages).path == str(first / 'iter_4.pth')
    assert best_selected(stages).stage.config == DAST, 'the model of every stage at test'
