"""What the documentation names exists, and its examples run."""

import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
import torch
import yaml
from mmengine.config import Config
from mmseg.registry import MODELS

from mmseg_uda.cli import commands
from mmseg_uda.engine.fragments import check_fragments
from mmseg_uda.errors import UserError

REPO = Path(__file__).resolve().parents[2]
PAGES = sorted([*REPO.glob('*.md'), *REPO.glob('docs/**/*.md'), *REPO.glob('configs/*/README.md')])
WEIGHTS = (REPO / 'docs/weights.md').read_text()
METAFILES = sorted(REPO.glob('configs/*/metafile.yml'))


def name(path: Path) -> str:
    return str(path.relative_to(REPO))


@pytest.mark.parametrize('page', PAGES, ids=name)
def test_links_lead_somewhere(page):
    targets = re.findall(r'\]\(([^)#\s]+)', page.read_text())
    dead = [t for t in targets if '://' not in t and not (page.parent / t).exists()]
    assert not dead


@pytest.mark.parametrize('page', PAGES, ids=name)
def test_named_files_exist(page):
    """Paths of configs and tools, where ``*`` may stand for a part of a name."""
    named = set(re.findall(r'\b(?:configs|tools|tests)/[\w/*]+\.(?:py|sh)\b', page.read_text()))
    named -= set(re.findall(r'^cp \S+ (\S+)', page.read_text(), re.MULTILINE))  # the reader's own
    # A page may also name MMSeg's own tools; those have namesakes here.
    assert not [path for path in named if not list(REPO.glob(path))]


@pytest.mark.parametrize('page', [p for p in PAGES if p.parent.parent.name == 'configs'], ids=name)
def test_tables_of_methods_name_configs(page):
    for pattern in re.findall(r'`([a-z0-9]+_[\w*]+_\*)`', page.read_text()):
        assert list(page.parent.glob(f'{pattern}.py')) or list(page.parent.parent.glob(f'*/{pattern}.py')), pattern


@pytest.mark.parametrize('metafile', METAFILES, ids=name)
def test_metafile_lists_every_config(metafile):
    content = yaml.safe_load(metafile.read_text())
    collections = {collection['Name'] for collection in content['Collections']}
    for collection in content['Collections']:
        assert (REPO / collection['README']).is_file()
    configs = {model['Config'] for model in content['Models']}
    assert configs == {name(path) for path in metafile.parent.glob('*.py')}
    for model in content['Models']:
        assert model['In Collection'] in collections and Path(model['Config']).stem == model['Name']


def as_pattern(name: str) -> str:
    """``dast_{r101,vgg16}_*`` as a regular expression."""
    name = re.sub(r'\{([^}]*)\}', lambda choice: f'({choice[1].replace(",", "|")})', name)
    return name.replace('*', r'\w*')


@pytest.mark.parametrize('metafile', METAFILES, ids=name)
def test_pages_name_every_config(metafile):
    """A method's page names each of its configs, by itself or by a pattern."""
    page = (metafile.parent / 'README.md').read_text()
    named = re.findall(r'`([\w*{},]+)(?:\.py)?`', page) + re.findall(r'configs/\w+/([\w*{},]+)\.py', page)
    patterns = [re.compile(as_pattern(one)) for one in named]
    configs = [path.stem for path in metafile.parent.glob('*.py')]
    assert not [config for config in configs if not any(pattern.fullmatch(config) for pattern in patterns)]


def rows_of_initial_weights() -> list[tuple[list[str], str | None]]:
    """Config patterns and the file they load, as docs/weights.md has them."""
    section = WEIGHTS.split('\n## Initialisation, by config\n')[1].split('\n\n')
    table = next(part for part in section if part.startswith('| Configs |'))
    cells = [[cell.strip() for cell in line.split('|')[1:-1]] for line in table.splitlines()[2:]]
    return [(re.findall(r'`([^`]+)`', row[0]), None if row[1] == 'none' else row[1].strip('`')) for row in cells]


def test_every_config_is_in_one_row_of_initial_weights():
    rows = rows_of_initial_weights()
    others = {pattern for patterns, _ in rows for pattern in patterns if f'other `{pattern}`' in WEIGHTS}
    used = set()
    for path in REPO.glob('configs/[a-z]*/*.py'):
        found = {pattern: file for patterns, file in rows for pattern in patterns if fnmatch(path.stem, pattern)}
        if len(found) > 1:
            found = {pattern: file for pattern, file in found.items() if pattern not in others}
        assert len(found) == 1, path.stem
        ((pattern, file),) = found.items()
        used.add(pattern)
        backbone = Config.fromfile(path).model.backbone
        init_cfg = backbone.get('backbone', backbone).get('init_cfg') or {}  # HRDA's is inside another
        assert init_cfg.get('checkpoint') == file, path.stem
    assert used == {pattern for patterns, _ in rows for pattern in patterns}


def tools_with_options() -> list[tuple[str, frozenset[str]]]:
    """Every ``python tools/x.py`` of the pages with the options it is shown with."""
    shown: dict[str, set[str]] = {}
    for page in PAGES:
        text = page.read_text().replace('\\\n', ' ')
        for tool, rest in re.findall(r'python (tools/[\w/]+\.py)([^\n#`]*)', text):
            shown.setdefault(tool, set()).update(re.findall(r'(?<![\w-])--[a-z][\w-]*', rest))
    return [(tool, frozenset(options)) for tool, options in sorted(shown.items())]


@pytest.mark.parametrize(('tool', 'options'), tools_with_options(), ids=lambda v: v if isinstance(v, str) else '')
def test_tools_have_the_options_they_are_shown_with(tool, options):
    result = subprocess.run([sys.executable, REPO / tool, '--help'], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    known = set(re.findall(r'--[a-z][\w-]*', result.stdout))
    assert options <= known


def test_commands_of_the_pages_exist():
    shown = {
        found for page in PAGES for found in re.findall(r'(?:^|`|-m )mmseg[-_]uda ([a-z_]+) ', page.read_text(), re.M)
    }
    assert {'train', 'test', 'minicity'} <= shown
    assert shown <= {*commands()}


def blocks(page: Path, title: str) -> list[str]:
    """Python examples below a heading."""
    section = page.read_text().split(f'\n## {title}\n')[1].split('\n## ')[0]
    return re.findall(r'```python\n(.*?)```', section, re.DOTALL)


def test_adaptation_of_the_readme_plugs_in(tmp_path, monkeypatch):
    code, config = blocks(REPO / 'README.md', 'Write an adaptation')
    (tmp_path / 'diversity.py').write_text(code)
    (tmp_path / 'own.py').write_text(config)
    (tmp_path / 'configs').symlink_to(REPO / 'configs')
    monkeypatch.syspath_prepend(str(tmp_path))
    cfg = Config.fromfile(tmp_path / 'own.py')
    segmentor = MODELS.build(cfg.model)
    target = segmentor.run_domain(torch.rand(2, 3, 32, 64), None, 'target', training=True)
    loss = segmentor.adaptations['diversity'].loss(segmentor, None, target)['loss_diversity']
    mean = target.prob().mean(dim=(0, 2, 3))
    assert loss.item() == pytest.approx(0.2 * (mean * mean.log()).sum().item())
    loss.backward()
    assert segmentor.decode_head.conv_seg.weight.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ('page', 'title', 'names'),
    [
        ('README.md', 'Mix methods', ['attention', 'corrector', 'maxcos']),
        ('docs/adaptations.md', 'How configs combine', ['attention', 'corrector', 'entropy', 'maxcos']),
    ],
)
def test_mixtures_have_the_adaptations_of_both(tmp_path, page, title, names):
    config = blocks(REPO / page, title)[0].replace('../', './configs/')
    (tmp_path / 'mixed.py').write_text(config)
    (tmp_path / 'configs').symlink_to(REPO / 'configs')
    cfg = Config.fromfile(tmp_path / 'mixed.py')
    assert sorted(cfg.model.adaptations) == names
    (tmp_path / 'child.py').write_text(
        "_base_ = './mixed.py'\nmodel = dict(adaptations=dict(corrector=None, maxcos=dict(loss_weight=0.5)))\n"
    )
    child = Config.fromfile(tmp_path / 'child.py')
    check_fragments(child)
    assert child.model.adaptations.maxcos.loss_weight == 0.5
    assert sorted(MODELS.build(child.model).adaptations) == [name for name in names if name != 'corrector']
    # A child's own line for the fragment would come too late, as both pages say.
    (tmp_path / 'late.py').write_text(
        "_base_ = './mixed.py'\nmaxcos = dict(adaptations=dict(maxcos=dict(dict_size=9)))\n"
    )
    with pytest.raises(UserError, match=r'late\.py sets maxcos'):
        check_fragments(Config.fromfile(tmp_path / 'late.py'))
