"""How a method's stages are read, found finished, and refused."""

import pytest
from mmengine.config import Config

from mmseg_uda.engine.stages import (
    Output,
    check_plan,
    expand_stages,
    finished_checkpoint,
    plan_stages,
    stage_config,
)
from mmseg_uda.errors import UserError


@pytest.fixture
def configs(tmp_path):
    for name in ('a.py', 'b.py'):
        (tmp_path / name).write_text('x = 1')
    return str(tmp_path / 'method.py')


def test_repeats_are_stages_of_their_own(configs):
    stages = expand_stages([dict(config='a.py'), dict(config='b.py', load_from='previous', repeat=2)], configs)
    assert [stage.folder for stage in stages] == ['00_a', '01_b', '02_b']
    assert [stage.load_from for stage in stages] == [None, 'previous', 'previous']


@pytest.mark.parametrize(
    'entries, message',
    [
        ([dict(config='c.py')], r'stages\[0\].*c\.py does not exist'),
        ([dict(config='a.py', load_from='previous')], "load_from='previous' .*it is the first stage"),
        ([dict(config='a.py', labels_from='previous')], "labels_from='previous' is no earlier stage"),
        (
            [dict(config='a.py', name='a'), dict(config='b.py', load_from='b')],
            "load_from='b' .*known here: a, previous",
        ),
        ([dict(config='a.py', options=dict(x='{module}'))], r"options\['x'\] names \{module\}"),
        ([dict(config='a.py', repeats=2)], r"got \['config', 'repeats'\]"),
    ],
)
def test_wrong_entries_are_named(configs, entries, message):
    with pytest.raises(UserError, match=message):
        expand_stages(entries, configs)


def test_stages_take_weights_and_labels_from_named_ones(tmp_path):
    base = "visualizer = dict()\nload_from = 'own.pth'\ndefault_hooks = dict(pseudo_labels=dict(interval=3))\n"
    for name in 'abc':
        (tmp_path / f'{name}.py').write_text(base)
    entries = [
        dict(config='a.py', name='first'),
        dict(config='b.py'),
        dict(config='c.py', labels_from='first', options={'init.checkpoint': '{first}', 'lr': 0.1}),
        dict(config='c.py', load_from='first', labels_from='previous'),
    ]
    cfg = Config(dict(work_dir='w', launcher='none'))
    outputs = {}
    resolved = []
    for stage in expand_stages(entries, str(tmp_path / 'method.py')):
        resolved.append(stage_config(stage, outputs, cfg, dict(lr=0.2)))
        for name in ('previous', stage.name):
            outputs[name] = Output(f'{stage.folder}.py', f'{stage.folder}.pth')
    assert [c.load_from for c in resolved] == ['own.pth', 'own.pth', 'own.pth', '00_a.pth']
    assert [c.work_dir for c in resolved] == ['w/00_a', 'w/01_b', 'w/02_c', 'w/03_c']
    labelers = [c.default_hooks.pseudo_labels.get('labeler') for c in resolved]
    assert labelers[:2] == [None, None]
    assert labelers[2] == dict(config='00_a.py', checkpoint='00_a.pth')
    assert labelers[3] == dict(config='02_c.py', checkpoint='02_c.pth')
    assert resolved[2].init.checkpoint == '00_a.pth' and resolved[2].lr == 0.2


def test_overrides_leave_stages_alone_that_have_no_use_for_them(tmp_path, capsys):
    (tmp_path / 'a.py').write_text('visualizer = dict()\ndata = dict(source=None, target=dict(root="t"))\n')
    (stage,) = expand_stages([dict(config='a.py')], str(tmp_path / 'method.py'))
    overrides = {'data.source.root': 's', 'data.target.root': 'u', 'fresh.key': 1}
    cfg = stage_config(stage, {}, Config(dict(work_dir='w', launcher='none')), overrides)
    assert cfg.data == dict(source=None, target=dict(root='u')) and cfg.fresh.key == 1
    assert 'Stage 00_a has no use for data.source.root' in capsys.readouterr().out


def test_overrides_of_an_adaptation_leave_stages_alone_that_lack_it(tmp_path):
    (tmp_path / 'a.py').write_text('visualizer = dict()\nmodel = dict(adaptations=dict(one=dict(type="One")))\n')
    (stage,) = expand_stages([dict(config='a.py')], str(tmp_path / 'method.py'))

    def adaptations(**options):
        overrides = {f'model.adaptations.{key.replace("__", ".")}': value for key, value in options.items()}
        return stage_config(stage, {}, Config(dict(work_dir='w', launcher='none')), overrides).model.adaptations

    assert adaptations(one__weight=2, other__weight=3) == dict(one=dict(type='One', weight=2))
    assert adaptations(other__type='Other', other__weight=3).other == dict(type='Other', weight=3)


def test_what_a_later_stage_lacks_is_found_before_the_first(tmp_path):
    """Weights that a stage before makes are not missed, those that nobody makes are."""
    (tmp_path / 'images').mkdir()
    (tmp_path / 'images' / '1.png').touch()
    base = (
        'visualizer = dict()\ntrain_cfg = dict(max_iters=4)\ndefault_hooks = dict(pseudo_labels=dict())\n'
        'model = dict(backbone=dict(init_cfg=dict()))\n'
        f"train_dataloader = dict(dataset=dict(type='X', data_root='{tmp_path}', data_prefix=dict(img_path='images')))"
    )
    for name in 'ab':
        (tmp_path / f'{name}.py').write_text(base)
    key = 'model.backbone.init_cfg.checkpoint'
    entries = [
        dict(name='first', config='a.py'),
        dict(config='b.py', load_from='first', labels_from='first', options={key: '{first}'}),
    ]
    cfg = Config(dict(stages=entries, work_dir=str(tmp_path / 'w'), launcher='none'))
    method = str(tmp_path / 'method.py')
    plan = plan_stages(cfg, method, {})
    assert plan[1][1].load_from == str(tmp_path / 'w' / '00_a' / 'iter_4.pth')
    check_plan(plan)
    cfg.stages[1].options[key] = 'none.pth'
    with pytest.raises(UserError, match=r'stage 01_b: model\.backbone\.init_cfg\.checkpoint: weights none\.pth do not'):
        check_plan(plan_stages(cfg, method, {}))
    with pytest.raises(UserError, match=r'stage 00_a: train_dataloader\.dataset\.data_prefix\.img_path: .*nowhere'):
        check_plan(plan_stages(cfg, method, {'train_dataloader.dataset.data_prefix.img_path': 'nowhere'}))


def test_finished_is_what_last_checkpoint_says(tmp_path):
    cfg = Config(dict(work_dir=str(tmp_path), train_cfg=dict(max_iters=20)))
    assert finished_checkpoint(cfg) is None
    final = tmp_path / 'iter_20.pth'
    final.touch()  # a file alone may be half-written
    assert finished_checkpoint(cfg) is None
    (tmp_path / 'last_checkpoint').write_text(str(tmp_path / 'iter_10.pth'))
    (tmp_path / 'iter_10.pth').touch()
    assert finished_checkpoint(cfg) is None
    (tmp_path / 'last_checkpoint').write_text(str(final))
    assert finished_checkpoint(cfg) == str(final)


def test_a_child_changes_the_stages_that_are_its_own(tmp_path):
    """Also from another folder, where the base's relative paths would lead nowhere."""
    (tmp_path / 'base').mkdir()
    (tmp_path / 'base' / 'a.py').write_text('visualizer = dict()\nx = 1\n')
    (tmp_path / 'base' / 'method.py').write_text(
        "visualizer = dict()\nx = 1\nstages = [dict(config='{{ fileDirname }}/a.py'), dict(load_from='previous')]\n"
    )
    child = tmp_path / 'child.py'
    child.write_text("_base_ = './base/method.py'\nx = 2\n")
    cfg = Config.fromfile(child)
    cfg.work_dir, cfg.launcher = 'w', 'none'
    first, second = expand_stages(cfg.stages, str(child))
    assert (first.config, second.config) == (str(tmp_path / 'base' / 'a.py'), str(child))
    assert stage_config(first, {}, cfg, {}).x == 1
    own = stage_config(second, dict(previous=Output('00_a.py', '00_a.pth')), cfg, {})
    assert (own.x, own.load_from, own.work_dir, 'stages' in own) == (2, '00_a.pth', 'w/01_child', False)


@pytest.mark.parametrize('task', ['gta2cs', 'syn2cs'])
@pytest.mark.parametrize('net', ['r101', 'vgg16', 'mini'])
def test_dast_is_one_launch(net, task):
    path = f'configs/dast/dast_{net}_{task}.py'
    cfg = Config.fromfile(path, import_custom_modules=False)
    names = [stage.config.rsplit('/')[-1] for stage in expand_stages(cfg.stages, path)]
    rounds = 3 if net != 'mini' else 1
    assert names == [f'dast_da_{net}_{task}.py'] + [f'dast_{net}_{task}.py'] * rounds
