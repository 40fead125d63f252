"""DAST on the mini net through the real tools: stages, pseudo labels, two processes, resume, both test tools."""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import mmcv
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner.checkpoint import CheckpointLoader
from mmseg.apis import inference_model, init_model

import mmseg_uda.engine  # noqa: F401, lets checkpoints load
from tests.conftest import ROOT, run_command

ITERATIONS = 4
CHANGES = """
custom_imports = dict(
    imports=['mmseg_uda.models', 'mmseg_uda.datasets', 'mmseg_uda.engine', 'mmseg_uda.evaluation',
             'tests.test_end_to_end.probe'])
custom_hooks = [dict(type='RecordWeights'), dict(type='StopAt')]
stages = dict(source=None, da=dict(load_from=None))
randomness = dict(seed=7)
model = dict(decode_head=dict(dropout_ratio=0.1))  # random steps, so resume must restore the seeds
train_cfg = dict(max_iters={iterations}, val_interval=2)
default_hooks = dict(checkpoint=dict(interval=2), logger=dict(interval=1))
"""
DATA = """
train_dataloader = dict(
    batch_size=2,
    dataset=dict(source=dict(data_root='{data}/gta'), target=dict(data_root='{data}/cityscapes')))
val_dataloader = dict(num_workers=0, persistent_workers=False, dataset=dict(data_root='{data}/cityscapes'))
test_dataloader = dict(num_workers=0, persistent_workers=False, dataset=dict(data_root='{data}/cityscapes'))
"""


@pytest.fixture(scope='module')
def config(minicity, tmp_path_factory) -> Path:
    """A user's own config: the mini DAST one on other data, with the tests' hooks, its first stage from scratch."""
    path = tmp_path_factory.mktemp('configs') / 'dast.py'
    changes = (CHANGES + DATA).format(iterations=ITERATIONS, data=minicity)
    path.write_text(f"_base_ = '{ROOT}/configs/dast/dast_mini_gta2cs.py'\n{changes}")
    return path


def train(config: Path, work_dir: Path, stop_at: str | None = None):
    env = dict(PYTHONPATH=str(ROOT), **(dict(STOP_AT=stop_at) if stop_at else {}))
    return run_command('python', 'tools/train.py', config, '--work-dir', work_dir, env=env, check=stop_at is None)


@pytest.fixture(scope='module')
def trained(config, tmp_path_factory) -> Path:
    """The work dir of an uninterrupted run."""
    work_dir = tmp_path_factory.mktemp('uninterrupted')
    (work_dir / 'console.txt').write_text(train(config, work_dir).stdout)
    return work_dir


def final(work_dir: Path) -> Path:
    return Path((work_dir / 'last_checkpoint').read_text())


def load(path: Path) -> dict:
    return CheckpointLoader.load_checkpoint(str(path), map_location='cpu', logger='silent')


def assert_equal(a, b, where: str = '') -> None:
    """Bit-equal trees of tensors."""
    if isinstance(a, dict):
        assert a.keys() == b.keys(), where
        for key in a:
            assert_equal(a[key], b[key], f'{where}.{key}')
    elif isinstance(a, list | tuple):
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            assert_equal(x, y, f'{where}[{i}]')
    elif isinstance(a, torch.Tensor):
        assert torch.equal(a, b), where
    else:
        assert a == b, where


def test_all_stages_run_in_one_launch(trained):
    assert final(trained) == trained / '01_round' / f'iter_{ITERATIONS}.pth'
    start = load(trained / '00_da' / f'iter_{ITERATIONS}.pth')['state_dict']
    end = load(final(trained))['state_dict']
    assert start.keys() == end.keys()
    moved = [name for name in start if not torch.equal(start[name], end[name])]
    assert any('discriminator' in name for name in moved) and any('backbone' in name for name in moved)


def test_the_round_was_labelled_by_the_stage_before(trained):
    rounds = trained / '01_round' / 'pseudo_labels'
    manifest = json.loads((rounds / 'iter_0' / 'manifest.json').read_text())
    assert manifest['images'] == 6
    assert str(trained / '00_da' / f'iter_{ITERATIONS}.pth') in json.dumps(manifest)
    assert len(list((rounds / 'iter_0' / 'labels').rglob('*.png'))) == 6
    assert (rounds / 'current').resolve() == rounds / 'iter_0'


def test_the_console_is_readable(trained):
    text = (trained / 'console.txt').read_text()
    lines = [line for line in text.splitlines() if 'Iter(train)' in line]
    assert len(lines) == 2 * ITERATIONS
    for part in (
        'segmentor.lr',
        'discriminators.lr',
        'eta',
        'memory',
        'decode.loss_ce',
        'attention.loss_adv',
        'self_training.loss_ce',
    ):
        assert part in lines[-1]
    assert 'custom_imports' not in text, 'the resolved config belongs in a file'
    assert 'custom_imports' in (trained / '01_round' / 'dast.py').read_text()
    assert 'UserWarning' not in text


def test_each_stage_keeps_its_own_log(trained):
    for stage in ('00_da', '01_round'):
        (scalars,) = (trained / stage).rglob('scalars.json')
        steps = [json.loads(line) for line in scalars.read_text().splitlines()]
        assert sum('loss' in step for step in steps) == ITERATIONS
        (log,) = (trained / stage).rglob('*.log')
        assert log.read_text().count('Iter(train)') == ITERATIONS


def test_a_finished_launch_is_skipped(config, trained):
    before = final(trained).stat().st_mtime_ns
    text = train(config, trained).stdout
    assert text.count('finished before') == 2 and 'Iter(train)' not in text
    assert final(trained).stat().st_mtime_ns == before


OTHER_SETTINGS = {
    'optim_wrapper.segmentor.optimizer.lr=1': 'optim_wrapper.segmentor.optimizer.lr was 0.0005, is 1.',
    'train_cfg.max_iters=6': f'train_cfg.max_iters was {ITERATIONS}, is 6.',
    '--amp': "optim_wrapper.amp_dtype was not set, is 'bfloat16'.",
}


@pytest.mark.parametrize('change', OTHER_SETTINGS)
def test_other_settings_in_the_same_work_dir_are_refused(config, trained, change):
    """Else a sweep over one work dir would report the first result for every value."""
    words = (change,) if change.startswith('--') else ('--cfg-options', change)
    done = run_command(
        *('python', 'tools/train.py', config, '--work-dir', trained, *words),
        env=dict(PYTHONPATH=str(ROOT)),
        check=False,
    )
    assert done.returncode == 1 and 'finished before' not in done.stdout and 'Traceback' not in done.stdout
    assert f'Error: {trained}/00_da was trained with other settings: {OTHER_SETTINGS[change]}' in done.stdout


@pytest.mark.slow  # test_teacher.py and test_daformer.py kill runs in seconds, test_hook.py resumes a round
@pytest.mark.parametrize('stop_at', ['00_da:3', '01_round:3'])
def test_a_killed_run_ends_bit_identical(config, trained, tmp_path, stop_at):
    killed = train(config, tmp_path, stop_at)
    assert killed.returncode == 9, killed.stdout[-3000:]
    assert not (tmp_path / 'last_checkpoint').exists()
    assert 'resumed' in train(config, tmp_path).stdout
    whole, resumed = load(final(trained)), load(final(tmp_path))
    assert whole['meta']['seed'] == resumed['meta']['seed']
    for key in ('state_dict', 'optimizer', 'param_schedulers'):
        assert_equal(whole[key], resumed[key], key)


def writers(record: Path, below: Path) -> dict[str, set[int]]:
    """Ranks that wrote each file, by its path in a folder."""
    ranks: dict[str, set[int]] = {}
    for rank, path in (line.split(' ', 1) for line in record.read_text().splitlines()):
        if Path(path).is_relative_to(below):
            ranks.setdefault(str(Path(path).relative_to(below)), set()).add(int(rank))
    return ranks


@pytest.fixture(scope='module')
def watched(config) -> Path:
    """The config, with a record of the files that each rank writes."""
    path = config.with_name('watched.py')
    path.write_text(
        f"_base_ = './{config.name}'\n"
        "custom_imports = dict(imports=[*_base_.custom_imports.imports, 'tests.test_end_to_end.written_files'])\n"
        "default_hooks = dict(checkpoint=dict(save_best='mIoU'))\n"
    )
    return path


@pytest.mark.dist
def test_two_processes_end_with_the_same_weights(watched, tmp_path):
    work_dir, record = tmp_path / 'work', tmp_path / 'written.txt'
    env = dict(PYTHONPATH=str(ROOT), WRITTEN_FILES=str(record))
    text = run_command('bash', 'tools/dist_train.sh', watched, '2', '--work-dir', work_dir, env=env).stdout
    assert text.count('mIoU') >= 2
    for stage in ('00_da', '01_round'):
        ranks = [load(work_dir / stage / f'rank{rank}.pth') for rank in range(2)]
        assert_equal(*ranks, stage)
    labels = work_dir / '01_round' / 'pseudo_labels' / 'iter_0' / 'labels'
    assert len(list(labels.rglob('*.png'))) == 6
    assert final(work_dir) == work_dir / '01_round' / f'iter_{ITERATIONS}.pth'
    written = writers(record, work_dir)
    for name in ('last_checkpoint', '01_round/watched.py', f'00_da/iter_{ITERATIONS}.pth'):
        assert written[name] == {0}
    assert not [path for path, ranks in written.items() if len(ranks) > 1]
    second = [path for path, ranks in written.items() if ranks == {1}]
    assert second and all('/pseudo_labels/.iter_0.mmseg_uda.partial/' in path for path in second), (
        'its share of the labels alone'
    )


def result_of(work_dir: Path) -> dict:
    (path,) = work_dir.rglob('*.json')
    return json.loads(path.read_text())


def test_mmsegs_own_test_tool_agrees_with_ours(config, trained, tmp_path):
    mmseg_tool = Path(find_spec('mmseg').origin).parent / '.mim' / 'tools' / 'test.py'
    results = []
    for name, tool in (('mmseg', mmseg_tool), ('ours', ROOT / 'tools' / 'test.py')):
        env = dict(PYTHONPATH=str(ROOT))
        run_command('python', tool, config, final(trained), '--work-dir', tmp_path / name, env=env)
        results.append({k: v for k, v in result_of(tmp_path / name).items() if k.startswith(('mIoU', 'IoU', 'aAcc'))})
    assert len(results[0]) >= 21
    np.testing.assert_equal(*results)


@pytest.mark.dist
def test_testing_on_two_processes_gives_the_same_numbers(watched, trained, tmp_path):
    record, two = tmp_path / 'written.txt', tmp_path / '2'
    env = dict(PYTHONPATH=str(ROOT), WRITTEN_FILES=str(record))
    run_command('python', 'tools/test.py', watched, final(trained), '--work-dir', tmp_path / '1', env=env)
    run_command('bash', 'tools/dist_test.sh', watched, final(trained), '2', '--work-dir', two, env=env)
    one, both = (result_of(tmp_path / name) for name in '12')
    for key in one:
        if key.startswith(('mIoU', 'IoU', 'aAcc')):
            np.testing.assert_allclose(one[key], both[key], rtol=1e-12, equal_nan=True)
    written = writers(record, two)
    assert {Path(path).suffix for path in written} >= {'.json', '.log', '.py'}
    assert all(ranks == {0} for ranks in written.values()), written


def test_mmsegs_inference_api_takes_config_and_checkpoint(config, trained, minicity):
    model = init_model(Config.fromfile(config), str(final(trained)), device='cpu')
    image = next((minicity / 'cityscapes' / 'leftImg8bit' / 'test').rglob('*.png'))
    result = inference_model(model, str(image))
    assert result.pred_sem_seg.data.shape == (1, *mmcv.imread(str(image)).shape[:2])


ADAPTATION = '''
from mmseg.registry import MODELS

from mmseg_uda.models import Adaptation


@MODELS.register_module()
class FeatureMeanMatching(Adaptation):
    """Pull the mean feature of the target to that of the source."""

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def loss(self, segmentor, source, target):
        gap = source.tap.mean((0, 2, 3)).detach() - target.tap.mean((0, 2, 3))
        return dict(loss_mean=self.loss_weight * gap.square().mean())
'''


def test_an_adaptation_from_outside_plugs_in_by_config(minicity, tmp_path):
    (tmp_path / 'my_adaptation.py').write_text(ADAPTATION)
    changes = (
        (CHANGES + DATA).format(iterations=1, data=minicity).replace('tests.test_end_to_end.probe', 'my_adaptation')
    )
    changes = changes.replace("custom_hooks = [dict(type='RecordWeights'), dict(type='StopAt')]", '')
    changes = changes.replace('stages = dict(source=None, da=dict(load_from=None))', 'stages = None')
    config = tmp_path / 'config.py'
    config.write_text(
        f"_base_ = '{ROOT}/configs/source_only/control_mini_gta2cs.py'\n{changes}\n"
        "model = dict(adaptations=dict(matching=dict(type='FeatureMeanMatching', loss_weight=2.0)))\n"
    )
    done = run_command(
        'python', 'tools/train.py', config, '--work-dir', tmp_path / 'w', env=dict(PYTHONPATH=f'{tmp_path}:{ROOT}')
    )
    assert 'matching.loss_mean' in done.stdout


def test_resume_of_a_config_without_stages_goes_on_from_its_own_checkpoint(config, trained, tmp_path):
    """A config's load_from is where the run once started, not where it resumes."""
    own = config.with_name('own_round.py')
    own.write_text(
        f"_base_ = './{config.name}'\nmodel = _base_.self_training\nstages = None\n"
        f"load_from = '{trained}/00_da/iter_{ITERATIONS}.pth'\n"
    )
    command = ('python', 'tools/train.py', own, '--work-dir', tmp_path / 'own', '--resume')
    env = dict(PYTHONPATH=str(ROOT))
    run_command(*command, env=dict(env, STOP_AT='own:3'), check=False)
    run_command(*command, env=env)
    whole, resumed = load(final(trained)), load(final(tmp_path / 'own'))
    assert_equal(whole['state_dict'], resumed['state_dict'])


def test_one_stage_by_hand_takes_what_the_one_before_left(config, trained, tmp_path):
    env = dict(PYTHONPATH=str(ROOT))
    command = ('python', 'tools/train.py', config, '--work-dir', tmp_path / 'w', '--stage')
    early = run_command(*command, 'round', env=env, check=False)
    assert early.returncode != 0 and 'Error: stage round: load_from: checkpoint' in early.stdout
    shutil.copytree(trained / '00_da', tmp_path / 'w' / '00_da')
    run_command(*command, 'round', env=env)
    assert_equal(load(final(trained))['state_dict'], load(final(tmp_path / 'w'))['state_dict'])
    given = f'load_from={trained}/00_da/iter_{ITERATIONS}.pth'
    run_command(
        *('python', 'tools/train.py', config, '--work-dir', tmp_path / 'g', '--stage', 'round'),
        *('--cfg-options', given),
        env=env,
    )
    assert_equal(load(final(trained))['state_dict'], load(final(tmp_path / 'g'))['state_dict'])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs CUDA')
def test_mini_run_on_gpu_with_amp(config, tmp_path):
    env = dict(PYTHONPATH=str(ROOT))
    run_command('python', 'tools/train.py', config, '--work-dir', tmp_path, '--amp', env=env)
    weights = load(final(tmp_path))['state_dict'].values()
    assert all(torch.isfinite(value).all() for value in weights)


@pytest.mark.parametrize('fits', [True, False])
def test_a_start_without_the_method_is_no_news_but_a_wrong_one_is(config, start, tmp_path, fits):
    checkpoint = load(start / 'source_only.pth')
    if not fits:
        lost = next(iter(checkpoint['state_dict']))
        checkpoint['state_dict']['unknown'] = checkpoint['state_dict'].pop(lost)
    torch.save(checkpoint, tmp_path / 'start.pth')
    own = config.with_name(f'start_{fits}.py')
    start_here = f"stages = None\nload_from = '{tmp_path}/start.pth'\ntrain_cfg = dict(max_iters=1)"
    own.write_text(f"_base_ = './{config.name}'\n{start_here}\n")
    work_dir = tmp_path / 'work'
    console = run_command(
        'python', 'tools/train.py', own, '--work-dir', work_dir, env=dict(PYTHONPATH=str(ROOT))
    ).stdout
    (log,) = work_dir.rglob('*.log')
    for text, told in ((console, not fits), (log.read_text(), True)):
        assert ('do not match exactly' in text) == told
        assert ('adaptations.attention' in text.split('Load checkpoint from')[0].split('do not match')[-1]) == told
        if not fits:
            assert 'unexpected key in source state_dict: unknown' in text and f'source state_dict: {lost}' in text
    assert 'Loads checkpoint' not in console and f'Load checkpoint from {tmp_path}/start.pth' in console


def test_amp_trains_on_a_cpu_too(config, tmp_path):
    env = dict(PYTHONPATH=str(ROOT))
    command = ('python', 'tools/train.py', config, '--stage', 'da', '--work-dir', tmp_path, '--amp')
    text = run_command(*command, env=env).stdout
    assert text.count('Iter(train)') == ITERATIONS and 'nan' not in text.split('IoU per class')[0]
    assert "amp_dtype='bfloat16'" in (tmp_path / '00_da' / 'dast.py').read_text()


def test_a_config_error_is_one_line(config, tmp_path):
    done = run_command(
        'python',
        'tools/train.py',
        config,
        '--work-dir',
        tmp_path,
        '--cfg-options',
        'train_dataloader.dataset.target.data_root=nowhere',
        env=dict(PYTHONPATH=str(ROOT)),
        check=False,
    )
    assert done.returncode != 0
    assert 'Error: stage da: train_dataloader.dataset.target.data_root: folder nowhere does not exist' in done.stdout
    assert 'Traceback' not in done.stdout
