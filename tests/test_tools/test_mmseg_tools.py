"""MMSeg's own tools and MMEngine's visualizer backends on our configs and runs: the table of docs/tools.md."""

from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from PIL import Image

from tests.conftest import ROOT, run_command

from .mini_runs import ITERATIONS, train_here, write_config

ENV = dict(PYTHONPATH=str(ROOT), MPLBACKEND='agg')


def mmseg_tool(name: str) -> Path:
    """Path of a tool in the installed MMSegmentation; the test is skipped where its wheel carries none."""
    (package,) = find_spec('mmseg').submodule_search_locations
    tool = Path(package) / '.mim' / 'tools' / name
    if not tool.is_file():
        pytest.skip(f'the installed MMSegmentation has no tools/{name}')
    return tool


@pytest.fixture(scope='module')
def config(minicity, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('configs')
    return write_config(folder / 'own.py', 'adaptseg/adaptseg_mini_gta2cs.py', minicity, has_target=True)


@pytest.fixture(scope='module')
def work_dir(config, tmp_path_factory) -> Path:
    work_dir = tmp_path_factory.mktemp('work')
    train_here(config, work_dir)
    return work_dir


def test_analyze_logs(work_dir, tmp_path):
    pytest.importorskip('seaborn')
    (log,) = work_dir.rglob('scalars.json')
    keys = ('decode.loss_ce', 'adversary.loss_adv', 'mIoU')
    run_command(
        'python', mmseg_tool('analysis_tools/analyze_logs.py'), log, '--keys', *keys, '--out', tmp_path / 'a.png'
    )
    assert Image.open(tmp_path / 'a.png').size > (100, 100)


def test_get_flops(config):
    words = ('python', mmseg_tool('analysis_tools/get_flops.py'), config, '--shape', '64', '128')
    console = run_command(*words, check=False).stdout
    if '"input_shape" and "inputs" cannot be both set' in console:
        pytest.skip("MMSegmentation 1.2.2's tool does not work with MMEngine 0.10.7, whatever the config")
    assert 'Flops: ' in console and 'Params: ' in console


@pytest.mark.slow
def test_confusion_matrix(config, work_dir, tmp_path):
    checkpoint = work_dir / f'iter_{ITERATIONS}.pth'
    run_command('python', 'tools/test.py', config, checkpoint, '--work-dir', tmp_path, '--out', tmp_path / 'out')
    tool = mmseg_tool('analysis_tools/confusion_matrix.py')
    run_command('python', tool, config, tmp_path / 'out', tmp_path / 'matrix', env=ENV)
    assert (tmp_path / 'matrix' / 'confusion_matrix.png').is_file()


def test_publish_model(work_dir, tmp_path):
    """Since torch 2.6 it reads no checkpoint of MMEngine unless it is told to trust the file."""
    run_command(
        *('python', mmseg_tool('misc/publish_model.py'), work_dir / f'iter_{ITERATIONS}.pth', tmp_path / 'small.pth'),
        env=dict(TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD='1'),
    )
    (published,) = tmp_path.glob('small-*.pth')
    content = torch.load(published, weights_only=False)
    assert 'optimizer' not in content and any(key.startswith('adaptations.') for key in content['state_dict'])


def train_with(config: Path, work_dir: Path, backend: str) -> None:
    own = config.with_name(f'{work_dir.name}.py')
    backends = f"[dict(type='LocalVisBackend'), {backend}]"
    own.write_text(f"_base_ = './{config.name}'\nvisualizer = dict(vis_backends={backends})\n")
    train_here(own, work_dir)


def test_tensorboard(config, tmp_path):
    pytest.importorskip('tensorboard')
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train_with(config, tmp_path / 'tensorboard_run', "dict(type='TensorboardVisBackend')")
    (events,) = tmp_path.rglob('events.out.tfevents*')
    written = EventAccumulator(str(events)).Reload()
    assert [event.step for event in written.Scalars('adversary.loss_adv')] == [1, 2]
    assert [event.step for event in written.Scalars('mIoU')] == [ITERATIONS]


def test_wandb_offline(config, tmp_path, monkeypatch):
    pytest.importorskip('wandb')
    monkeypatch.setenv('WANDB_MODE', 'offline')
    train_with(config, tmp_path / 'wandb_run', "dict(type='WandbVisBackend', init_kwargs=dict(project='uda'))")
    (written,) = tmp_path.rglob('run-*.wandb')
    assert b'adversary.loss_adv' in written.read_bytes()


def test_mlflow(config, tmp_path, monkeypatch):
    mlflow, _ = pytest.importorskip('mlflow'), pytest.importorskip('sqlalchemy')  # mlflow-skinny lacks it
    monkeypatch.chdir(tmp_path)  # MLflow makes a folder for files where it is started
    uri = f'sqlite:///{tmp_path}/mlflow.db'
    train_with(config, tmp_path / 'mlflow_run', f"dict(type='MLflowVisBackend', exp_name='uda', tracking_uri='{uri}')")
    client = mlflow.MlflowClient(uri)
    (run,) = client.search_runs([client.get_experiment_by_name('uda').experiment_id])
    assert len(client.get_metric_history(run.info.run_id, 'adversary.loss_adv')) == 2
