"""The tool, as a process of its own and as two."""

import copy
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from .conftest import build_model, train_config
from .helpers import files

REPO = Path(__file__).resolve().parents[2]
TOOL = REPO / 'tools' / 'generate_pseudo_labels.py'


def run(*command, **kwargs):
    env = {**os.environ, 'OMP_NUM_THREADS': '1', 'CUDA_VISIBLE_DEVICES': ''}
    command = [sys.executable, *map(str, command)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, **kwargs)


@pytest.fixture(scope='module')
def trained(images, tmp_path_factory):
    """Paths of a config whose adaptation names a selector and of a checkpoint for it."""
    folder = tmp_path_factory.mktemp('trained')
    config = copy.deepcopy(train_config(images))  # MODEL is shared
    config.model.adaptations.self_training.labeling = dict(selector=dict(type='BDLSelector', portion=0.3))
    config.dump(str(folder / 'config.py'))
    torch.save(dict(state_dict=build_model().state_dict(), meta=dict()), folder / 'model.pth')
    return folder / 'config.py', folder / 'model.pth'


@pytest.mark.parametrize(
    ('name', 'kind'),
    [
        ('dast', 'DASTSelector'),
        ('bdl', 'BDLSelector'),
        ('pixintrada', 'PixIntraDASelector'),
        ('ias', 'IASSelector'),
        ('entropy', 'EntropyRankingSelector'),
    ],
)
def test_selectors_have_short_names(name, kind):
    assert runpy.run_path(str(TOOL))['selector_config']({}, name, dict(cap=1)) == dict(type=kind, cap=1)


@pytest.mark.dist
def test_two_processes_make_the_round_of_one(trained, tmp_path):
    """By the selector that writes most files; the others' rounds are those of test_ranks.py."""
    options = ['--selector', 'entropy', '--confidence', '--overlays', 3]
    one = run(TOOL, *trained, '--out', tmp_path / 'one', *options)
    assert one.returncode == 0, one.stderr
    launch = ['-m', 'torch.distributed.run', '--standalone', '--local-addr=127.0.0.1', '--nproc_per_node=2']
    two = run(*launch, TOOL, *trained, '--out', tmp_path / 'two', *options, '--launcher', 'pytorch')
    assert two.returncode == 0, two.stderr
    expected = files(tmp_path / 'one')
    # labels, confidences, overlays, manifest and images.json, easy.txt and hard.txt
    assert len(expected) == 7 + 7 + 3 + 2 + 2
    assert files(tmp_path / 'two') == expected  # manifest and thresholds too
    assert sorted(os.listdir(tmp_path)) == ['one', 'two']


def test_selector_of_the_config_and_its_options(trained, tmp_path):
    result = run(TOOL, *trained, '--out', tmp_path / 'round', '--selector-options', 'cap=0.8')
    assert result.returncode == 0, result.stderr
    manifest = json.loads((tmp_path / 'round' / 'manifest.json').read_text())
    assert manifest['selector'] == dict(type='BDLSelector', portion=0.3, cap=0.8, stride=1, order='probs_first')
    assert 'building' in result.stdout and 'labelled' in result.stdout

    again = run(TOOL, *trained, '--out', tmp_path / 'round', '--selector', 'DASTSelector')
    assert again.returncode != 0 and '--overwrite' in again.stderr and 'Traceback' not in again.stderr


def test_missing_checkpoint(trained, tmp_path):
    result = run(TOOL, trained[0], tmp_path / 'none.pth', '--out', tmp_path / 'round')
    assert result.returncode != 0 and 'none.pth does not exist' in result.stderr
    assert 'Traceback' not in result.stderr and os.listdir(tmp_path) == []


def test_a_config_with_stages_labels_as_its_last_one_or_the_named(trained, tmp_path):
    config = tmp_path / 'method.py'
    portion = 'changes=dict(model=dict(adaptations=dict(self_training=dict(labeling=dict(selector=dict(portion={}))))))'
    stages = f'first=dict({portion.format(0.4)}), last=dict({portion.format(0.6)})'
    config.write_text(f"_base_ = '{trained[0]}'\nvisualizer = dict()\nstages = dict({stages})\n")
    for words, expected in (((), 0.6), (('--stage', 'first'), 0.4)):
        out = tmp_path / f'round_{expected}'
        result = run(TOOL, config, trained[1], '--out', out, *words)
        assert result.returncode == 0, result.stderr
        assert json.loads((out / 'manifest.json').read_text())['selector']['portion'] == expected
    unknown = run(TOOL, config, trained[1], '--out', tmp_path / 'x', '--stage', 'middle')
    assert unknown.returncode != 0 and 'has the stages first, last' in unknown.stderr


def test_two_folders_are_labelled_as_the_one_around_them(trained, tmp_path):
    config = tmp_path / 'two.py'
    parts = [f"dict(data_prefix=dict(img_path='leftImg8bit/{city}'))" for city in ('aachen', 'bochum')]
    target = f"dict(type='ConcatDataset', datasets=[{', '.join(parts)}])"
    config.write_text(f"_base_ = '{trained[0]}'\ntrain_dataloader = dict(dataset=dict(target={target}))\n")
    rounds = {}
    for name, path in (('one', trained[0]), ('two', config)):
        result = run(TOOL, path, trained[1], '--out', tmp_path / name, '--confidence')
        assert result.returncode == 0, result.stderr
        rounds[name] = files(tmp_path / name)
        digest = json.loads(rounds[name].pop('manifest.json')).pop('images_digest')
        rounds[name]['digest'] = len(digest)
    assert rounds['one'] == rounds['two'] and 'labels/bochum/bochum_000006_leftImg8bit.png' in rounds['two']
