"""Every method's config and every ablation of its README builds: networks, optimisers, schedules of each stage."""

import ast
import copy
import functools
import re
import shlex
from collections import defaultdict
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import PARAM_SCHEDULERS
from mmseg.registry import MODELS

from mmseg_uda.engine.checks import check_adaptations, check_classes
from mmseg_uda.engine.fragments import check_fragments
from mmseg_uda.engine.launch import parse_options
from mmseg_uda.engine.stages import Stage, chosen_stages, plan_stages, with_options
from mmseg_uda.models.segmentors.uda_segmentor import build_adaptation
from mmseg_uda.pseudo_labels.checks import check_pseudo_labels
from mmseg_uda.utils.meta import on_meta
from tests.conftest import ROOT, run_command

CONFIGS = sorted(path.relative_to(ROOT) for path in ROOT.glob('configs/[a-z]*/*.py'))
PAGES = sorted(path.relative_to(ROOT) for path in ROOT.glob('configs/*/README.md'))
BUILT: set[str] = set()
"""Models with their optimisers and schedules that have been built: tasks and stages share many."""


@functools.cache
def load(path: Path) -> Config:
    """A config, read once for all tests, which must not change it."""
    return Config.fromfile(ROOT / path)


@functools.cache
def text(path: Path) -> str:
    """The same as a run writes it into its work dir, but not laid out: that would take longer than all else here."""
    return Config(load(path).to_dict(), format_python_code=False).pretty_text


@functools.cache
def unchanged(path: Path) -> list[Stage]:
    """The training runs of a config without options, for all tests, which must not change them."""
    return planned(path)


def planned(path: Path, options: list[str] = (), only: str | None = None) -> list[Stage]:
    """The training runs of a command, those of other configs left out; the config itself where it has no stages."""
    method = copy.deepcopy(load(path))
    method.work_dir, method.launcher = f'work_dirs/{path.stem}', 'none'
    overrides = parse_options(list(options))
    cfg = with_options(method, overrides, only)
    if not cfg.get('stages'):
        return [Stage(path.stem, path.stem, cfg)]
    plan = plan_stages(method, overrides, only)
    return [stage for stage in chosen_stages(plan, only, method) if not stage.shared]


def distinct(stages: list[Stage]) -> list[Stage]:
    """One stage of each entry: repetitions differ in what they start from only."""
    return list({stage.entry: stage for stage in stages}.values())


def check_builds(cfg: Config) -> None:
    """What training builds, on the meta device."""
    cfg = copy.deepcopy(cfg)
    cfg.resume = True  # the models that label and the weights to start from are not here
    check_classes(cfg)
    check_pseudo_labels(cfg, check_adaptations(cfg))
    key = repr([cfg[part] for part in ('model', 'optim_wrapper', 'param_scheduler')])
    if key in BUILT:
        return
    with on_meta():
        model = MODELS.build(cfg.model)
    wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    held = [id(p) for w in wrapper.values() for group in w.optimizer.param_groups for p in group['params']]
    assert sorted(held) == sorted(id(p) for p in model.parameters() if p.requires_grad)
    for role, optimizer in wrapper.items():
        for schedule in cfg.param_scheduler[role]:
            PARAM_SCHEDULERS.build(dict(schedule), default_args=dict(optimizer=optimizer))
    BUILT.add(key)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_config_builds(path):
    check_fragments(load(path))
    for stage in distinct(unchanged(path)):
        check_builds(stage.cfg)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_the_config_itself_is_the_model_of_its_last_stage(path):
    """What is tested and exported predicts like what was trained: the same network, the same refinements."""

    def predicts(cfg):
        model = copy.deepcopy(dict(cfg.model))
        adaptations = {name: value for name, value in model.pop('adaptations').items() if value is not None}
        trained_only = ('norm_eval', 'source_loss_weight', 'activation_checkpointing')
        refining = {name: value for name, value in adaptations.items() if build_adaptation(name, dict(value)).refines}
        return {key: value for key, value in model.items() if key not in trained_only}, refining

    assert predicts(load(path)) == predicts(unchanged(path)[-1].cfg)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_resolved_config_reloads(path, tmp_path):
    """What a run writes into its work dir is a config of its own."""
    (tmp_path / 'resolved.py').write_text(text(path))
    assert Config.fromfile(tmp_path / 'resolved.py').to_dict() == load(path).to_dict()


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_configs_name_no_work_dirs(path):
    """What another run made is named by its stage, so that every config works from every folder."""
    assert not re.search(r"'work_dirs/|'configs/", text(path))


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_pictures_are_predicted_at_the_size_of_the_test(path):
    """``test_pipeline``, which MMSeg's ``inference_model`` and tools/predict.py read, and the test's own."""
    cfg = load(path)
    sizes = [
        [step.scale for step in pipeline if step.type == 'Resize']
        for pipeline in (cfg.test_pipeline, cfg.test_dataloader.dataset.pipeline)
    ]
    assert sizes[0] == sizes[1] != []


def ablations() -> list[tuple[str, Path]]:
    """Every command of a table in a method's README."""
    return [
        (command, page)
        for page in PAGES
        for line in (ROOT / page).read_text().splitlines()
        if line.startswith('|')
        for command in re.findall(r'`python tools/train\.py ([^`]*)`', line)
    ]


@pytest.mark.parametrize(('command', 'page'), ablations(), ids=lambda value: value if isinstance(value, str) else '')
def test_every_ablation_builds(command, page):
    words = shlex.split(command)
    options = words[words.index('--cfg-options') + 1 :] if '--cfg-options' in words else []
    only = words[words.index('--stage') + 1] if '--stage' in words else None
    path = Path(words[0])
    assert path in CONFIGS and path.parent.name in (page.parent.name, 'adaptseg', 'source_only')
    if options:
        assert '--work-dir' in words, 'it would find the stages of the method itself finished'
    stages = planned(path, options, only)
    before = {stage.name: stage.cfg.to_dict() for stage in unchanged(path)}
    assert not options or any(before.get(stage.name) != stage.cfg.to_dict() for stage in stages), 'no option acts'
    for key, value in parse_options(options).items():
        if key.split('.')[0] != 'stages':
            assert any(reaches(stage.cfg, key, value) for stage in stages), f'{key} acts on no stage'
    for stage in distinct(stages):
        check_builds(stage.cfg)


def reaches(cfg: Config, key: str, value) -> bool:
    node = cfg
    for word in key.split('.'):
        if word == '_delete_':
            return True
        if isinstance(node, list) and word.isdecimal():
            word = int(word)
        elif not isinstance(node, dict | Config) or word not in node:
            return False
        node = node[word]
    return node == value


def test_tables_have_ablations():
    pages = {page.parent.name for _, page in ablations()}
    assert {'dast', 'plca', 'maxcos', 'sam', 'pixintrada', 'daformer', 'hrda', 'mic'} <= pages


def test_configs_do_not_repeat_each_other():
    """No run of six equal lines in two files."""
    alone = {'configs/_base_/datasets/custom.py'}  # made to be copied, so it holds all that a data set needs
    places = defaultdict(set)
    for path in [*ROOT.glob('configs/**/*.py'), *ROOT.glob('configs/**/*.yml')]:
        name = str(path.relative_to(ROOT))
        lines = [line.strip() for line in path.read_text().splitlines() if line.strip()]
        for i in range(len(lines) - 5):
            places['\n'.join(lines[i : i + 6])].add(name)
    repeated = {run: names - alone for run, names in places.items() if len(names - alone) > 1}
    assert not repeated


def test_a_mini_config_runs_from_any_folder(tmp_path):
    """Data and weights are looked for where the command runs; configs that a config names are found all the same."""
    done = run_command(
        *('python', ROOT / 'tools/train.py', ROOT / 'configs/sam/sam_mini_gta2cs.py'),
        env=dict(PYTHONPATH=str(ROOT)),
        cwd=tmp_path,
        check=False,
    )
    assert 'Error: stage source: train_dataloader.dataset.source.data_root: folder data/minicity/gta' in done.stdout


def test_docstrings_say_what_a_config_is():
    for path in CONFIGS:
        assert ast.get_docstring(ast.parse((ROOT / path).read_text())), path
