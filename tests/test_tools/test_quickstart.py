"""The quickstart's table and report, on runs of two iterations."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest

from mmseg_uda.engine.runs import best_selected, last_selected, stage_runs
from tests.conftest import ROOT, run_command

from .mini_runs import ITERATIONS, train_here, write_config

TOOLS = ROOT / 'tools' / 'analysis_tools'
BENCHMARKS = ROOT / 'tools' / 'benchmarks'
VOID_TAGS = ('meta', 'br', 'img')


def load_tool(path: Path) -> ModuleType:
    name = path.stem
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='module')
def results(minicity, tmp_path_factory) -> Path:
    """results.json of a source-only run and a two-stage DAST run; the metrics are those of the tests."""
    folder = tmp_path_factory.mktemp('runs')
    source = write_config(folder / 'source.py', 'source_only/source_only_mini_gta2cs.py', minicity, has_target=False)
    stages = 'dict(source=None, da=dict(load_from=None))'
    dast = write_config(folder / 'dast.py', 'dast/dast_mini_gta2cs.py', minicity, has_target=True, stages=stages)
    runs = []
    for name, config in (('source only', source), ('DAST', dast)):
        work_dir = folder / Path(config).stem
        train_here(config, work_dir)
        stages = stage_runs(str(config), str(work_dir), {})
        metrics = {'mIoU': 12.34, 'IoU.road': 24.68, 'IoU.train': float('nan')}
        picked = [('last', last_selected(stages)), ('best', best_selected(stages))]
        tested = [dict(kind=kind, **asdict(selected), metrics=metrics) for kind, selected in picked]
        runs.append(dict(name=name, config=str(config), seconds=3, stages=[asdict(s) for s in stages], results=tested))
    path = folder / 'results.json'
    path.write_text(json.dumps(dict(runs=runs, cfg_options=[])))
    return path


class Page(HTMLParser):
    """Collects images, addresses and unbalanced tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.images, self.addresses, self.open_tags = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in VOID_TAGS:
            self.open_tags.append(tag)
        if tag == 'img':
            self.images.append(attrs['alt'])
        self.addresses += [value for name, value in attrs.items() if name in ('src', 'href', 'xlink:href')]

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID_TAGS:
            self.open_tags.pop()

    def handle_endtag(self, tag):
        assert self.open_tags.pop() == tag


def test_report_stands_alone_and_says_what_it_shows(results, tmp_path, minicity):
    out = tmp_path / 'new' / 'report.html'
    done = run_command('python', TOOLS / 'quickstart_report.py', results, out, '--images', '2')
    assert [path.name for path in out.parent.iterdir()] == ['report.html']
    text = out.read_text()
    page = Page(text)
    assert page.open_tags == []
    *pictures, legend = page.images
    assert legend.startswith('legend: road, sidewalk, ')
    assert pictures == 2 * [
        'input',
        'source only, last iteration',
        'DAST, last iteration',
        'ground truth',
        "DAST's attention",
    ]
    assert all(address.startswith(('data:image/png;base64,', '#')) for address in page.addresses)
    assert not re.search(r'<script|<link|@import|url\((?!#)', text)
    assert text.count('<svg') == 2
    checksum = json.loads((minicity / 'manifest.json').read_text())['checksum']
    for part in (checksum, 'source only 0, DAST 0', 'PyTorch', 'attention.loss_adv', 'self_training.loss_ce', '12.3'):
        assert part in text
    for words in ('target&#x27;s validation labels', 'one seed', '00_da', f'2: {ITERATIONS}'):
        assert words in text
    console = done.stdout
    for words in ('source only', 'last', 'best', '24.7', '12.3', 'validation', 'one seed', 'no BatchNorm'):
        assert words in console
    assert 'UserWarning' not in console


def test_report_without_results_says_what_writes_them(tmp_path):
    done = run_command(
        'python', TOOLS / 'quickstart_report.py', tmp_path / 'results.json', tmp_path / 'report.html', check=False
    )
    assert done.returncode == 1 and 'quickstart.py writes it' in done.stdout


def test_recomputed_statistics_are_a_column_of_their_own(results):
    report = load_tool(TOOLS / 'quickstart_report.py')
    runs = json.loads(results.read_text())['runs']
    source = runs[0]
    metrics = {'mIoU': 56.78, 'IoU.road': 1.0, 'IoU.train': float('nan')}
    source['results'].append(dict(source['results'][0], kind='recomputed', metrics=metrics))
    table = report.html_table([source])
    assert 'recomputed' in table and '56.8' in table
    assert report.RECOMPUTED_NOTE in report.notes([source]) and report.NO_NORM_NOTE not in report.notes([source])


def test_mmsegs_test_tool_is_found():
    tool = Path(load_tool(BENCHMARKS / 'runner.py').mmseg_test_tool())
    assert tool.parts[-4:] == ('mmseg', '.mim', 'tools', 'test.py') and tool.is_file()


@pytest.mark.slow
def test_whole_quickstart_with_batch_norm(minicity, tmp_path):
    """Train, test, recompute, report; the second call keeps everything, the third resumes."""
    (tmp_path / 'configs').symlink_to(ROOT / 'configs')
    (tmp_path / 'data').mkdir()
    (tmp_path / 'data' / 'minicity').symlink_to(minicity)
    options = [f'train_cfg.max_iters={ITERATIONS}', 'train_cfg.val_interval=1', 'default_hooks.checkpoint.interval=1']
    for part in ('backbone', 'decode_head'):
        options += [f'model.{part}.norm_cfg._delete_=True', f'model.{part}.norm_cfg.type=BN']

    def quickstart() -> str:
        command = [sys.executable, str(BENCHMARKS / 'quickstart.py'), '--cfg-options', *options]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, 'OMP_NUM_THREADS': '1'},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert done.returncode == 0, done.stdout[-6000:]
        return done.stdout

    first = quickstart()
    out = tmp_path / 'work_dirs' / 'quickstart'
    runs = json.loads((out / 'results.json').read_text())['runs']
    assert [run['name'] for run in runs] == ['source only', 'control', 'DAST']
    kinds = [[result['kind'] for result in run['results']] for run in runs]
    assert kinds == [['last', 'best', 'recomputed'], ['last', 'best'], ['last', 'best']]
    assert runs[0]['results'][2]['metrics'] != runs[0]['results'][0]['metrics']
    assert 'recomputed' in (out / 'report.html').read_text()

    second = quickstart()
    assert second.count('trained before') == 3 and 'Iter(train)' not in second and 'Iter(test)' not in second
    assert re.search(r'│ mean .*', second)[0] == re.search(r'│ mean .*', first)[0]

    control = tmp_path / 'work_dirs' / 'control_mini_gta2cs' / '00_adapt'
    (control / 'iter_2.pth').unlink()
    (control / 'last_checkpoint').write_text(str(control / 'iter_1.pth'))
    third = quickstart()
    assert third.count('trained before') == 2 and third.count('Iter(train)') <= 1
    assert (control / 'iter_2.pth').is_file()
    assert re.search(r'│ mean .*', third)[0] == re.search(r'│ mean .*', first)[0]
