"""How a method's stages are read, found finished, and refused."""

from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmseg_uda.engine.checkpoint_files import mark_finished
from mmseg_uda.engine.stages import Stage, check_plan, chosen_stages, finished_checkpoint, plan_stages, run_stage
from mmseg_uda.errors import UserError
from tests.conftest import ROOT

BASE = """
visualizer = dict()
load_from = 'own.pth'
default_hooks = dict(pseudo_labels=dict(type='PseudoLabelHook', interval=3))
train_cfg = dict(max_iters=4)
model = dict(adaptations=dict(one=dict(type='One', weight=1)))
x = dict(y=1)
"""


@pytest.fixture
def plan(tmp_path):
    """Write a method's config with these stages beside ``other.py`` and plan it."""
    (tmp_path / 'other.py').write_text(BASE)

    def run(stages: str, overrides: dict | None = None, only: str | None = None, base: str = BASE) -> list[Stage]:
        method = tmp_path / 'method.py'
        method.write_text(f'{base}\nstages = dict({stages})\n')
        cfg = Config.fromfile(method)
        cfg.work_dir, cfg.launcher = 'runs/w', 'none'
        return chosen_stages(plan_stages(cfg, overrides or {}, only), only, cfg)

    return run


def test_a_stage_is_the_config_with_changes(plan):
    first, second = plan('a=dict(), b=dict(changes=dict(x=dict(z=2), model=dict(adaptations=dict(one=None))))')
    assert first.cfg.x == dict(y=1) and second.cfg.x == dict(y=1, z=2)
    assert first.cfg.model.adaptations.one.weight == 1 and second.cfg.model.adaptations.one is None
    assert 'stages' not in first.cfg
    assert [stage.cfg.work_dir for stage in (first, second)] == ['runs/w/00_a', 'runs/w/01_b']
    assert first.cfg.experiment_name != second.cfg.experiment_name
    assert (first.completes, second.completes) == ([], ['runs/w'])


def test_delete_key_replaces_what_is_inherited(plan):
    (stage,) = plan('a=dict(changes=dict(model=dict(adaptations=dict(_delete_=True, two=dict(type="Two")))))')
    assert stage.cfg.model.adaptations == dict(two=dict(type='Two'))


def test_repeats_are_runs_of_their_own(plan):
    stages = plan("da=dict(), round=dict(load_from='previous', repeat=2)")
    assert [stage.name for stage in stages] == ['da', 'round_1', 'round_2']
    assert [stage.cfg.work_dir for stage in stages] == ['runs/w/00_da', 'runs/w/01_round_1', 'runs/w/02_round_2']
    assert [stage.cfg.load_from for stage in stages] == [
        'own.pth',
        'runs/w/00_da/iter_4.pth',
        'runs/w/01_round_1/iter_4.pth',
    ]


def test_children_change_stages_by_name_and_remove_them(plan, tmp_path):
    plan("da=dict(), round=dict(load_from='da', repeat=3)")
    (tmp_path / 'folder').mkdir()
    child = tmp_path / 'folder' / 'child.py'
    child.write_text(
        "_base_ = '../method.py'\nx = dict(y=5)\nstages = dict(da=None, round=dict(load_from='x.pth', repeat=1))"
    )
    cfg = Config.fromfile(child)
    cfg.work_dir, cfg.launcher = 'w', 'none'
    (stage,) = plan_stages(cfg, {})
    assert (stage.name, stage.cfg.load_from, stage.cfg.x.y) == ('round_1', 'x.pth', 5)
    assert stage.config == 'w/00_round_1/child.py'


def test_weights_and_labels_come_from_named_stages(plan):
    init = "model=dict(net=[dict(checkpoint='{first}')], literal='a{first}')"
    stages = plan(
        f"first=dict(), second=dict(labels_from='first', changes=dict({init})), "
        "third=dict(load_from='first', labels_from='previous')"
    )
    labelers = [stage.cfg.default_hooks.pseudo_labels.get('labeler') for stage in stages]
    assert labelers == [
        None,
        dict(config='runs/w/00_first/method.py', checkpoint='runs/w/00_first/iter_4.pth'),
        dict(config='runs/w/01_second/method.py', checkpoint='runs/w/01_second/iter_4.pth'),
    ]
    assert [stage.cfg.load_from for stage in stages] == ['own.pth', 'own.pth', 'runs/w/00_first/iter_4.pth']
    assert stages[1].cfg.model.net[0].checkpoint == 'runs/w/00_first/iter_4.pth'
    assert stages[1].cfg.model.literal == 'a{first}'


def test_another_config_runs_in_its_own_work_dir_and_is_shared(plan):
    """Wherever it stands in the dict; 'previous' is still the entry before."""
    stages = plan("own=dict(), source=dict(config='other.py'), next=dict(load_from='previous')")
    assert [(stage.name, stage.shared) for stage in stages] == [('source', True), ('own', False), ('next', False)]
    assert [stage.cfg.work_dir for stage in stages] == ['runs/other', 'runs/w/00_own', 'runs/w/01_next']
    assert stages[2].cfg.load_from == 'runs/other/iter_4.pth'


def test_another_config_with_changes_is_a_stage_of_ones_own(plan):
    (stage,) = plan("inter=dict(config='other.py', changes=dict(x=dict(z=3)))")
    assert (stage.shared, stage.cfg.work_dir, stage.cfg.x.z) == (False, 'runs/w/00_inter', 3)
    assert stage.config == 'runs/w/00_inter/other.py'


def test_stages_of_another_config_run_too_each_once(plan, tmp_path):
    (tmp_path / 'two.py').write_text(
        f"{BASE}\nstages = dict(source=dict(config='other.py'), adapt=dict(load_from='source'), more=dict())"
    )
    stages = plan("source=dict(config='other.py'), inter=dict(config='two.py'), t0=dict(load_from='inter')")
    assert [stage.name for stage in stages] == ['source', 'inter.adapt', 'inter.more', 't0']
    assert stages[1].cfg.load_from == 'runs/other/iter_4.pth'
    assert stages[2].completes == ['runs/two'], 'as if it had been run by itself'
    assert stages[3].cfg.load_from == 'runs/two/01_more/iter_4.pth'
    one = plan("inter=dict(config='two.py', stage='adapt'), t0=dict(load_from='inter')")
    assert [stage.name for stage in one] == ['inter.adapt', 't0']
    assert one[0].completes == [] and one[1].cfg.load_from == 'runs/two/00_adapt/iter_4.pth'


@pytest.mark.parametrize(
    'stages, message',
    [
        ("a=dict(config='c.py')", r'stages\.a of .*method\.py\.config: .*c\.py does not exist'),
        (
            "a=dict(load_from='previous')",
            "load_from names 'previous', which is no earlier stage.*it is the first stage",
        ),
        ("a=dict(labels_from='b'), b=dict()", "labels_from names 'b'.*known here: none"),
        ("a=dict(), b=dict(load_from='c')", "load_from names 'c'.*known here: a, previous"),
        ("a=dict(changes=dict(model=dict(x='{module}')))", r"model\.x names 'module', which is no earlier stage"),
        ('a=dict(repeats=2)', r"expected a dict with the keys changes, .*got \{'repeats': 2\}"),
        ('a=dict(repeat=0)', r'repeat is 0, expected a number of runs'),
        ("a=dict(config='other.py', load_from='x.pth')", 'takes no load_from'),
        ("a=dict(config='other.py', stage='b')", r'stage is b, but .*other\.py has no stages'),
        ('a=dict(changes=dict(x=dict(y=dict(z=1))))', r'stages\.a of .*changes: .*_delete_'),
        ('a=None', 'are all None'),
    ],
)
def test_wrong_entries_are_named(plan, stages, message):
    with pytest.raises(UserError, match=message):
        plan(stages)


def test_one_stage_by_hand(plan):
    stages = "da=dict(), round=dict(load_from='previous', labels_from='da', repeat=2)"
    assert [stage.name for stage in plan(stages, only='round')] == ['round_1', 'round_2']
    (second,) = plan(stages, only='round_2')
    assert second.cfg.load_from == 'runs/w/01_round_1/iter_4.pth' and second.cfg.work_dir == 'runs/w/02_round_2'
    with pytest.raises(UserError, match=r'stage x: .*has the stages da, round, round_1, round_2'):
        plan(stages, only='x')


def test_inputs_of_a_stage_by_hand_can_be_given(plan):
    """Those that come from stages of the same launch cannot."""
    stages = "da=dict(), round=dict(load_from='previous', labels_from='previous', repeat=2)"
    labeler = 'default_hooks.pseudo_labels.labeler.'
    given = {'load_from': 'best.pth', f'{labeler}config': 'c.py', f'{labeler}checkpoint': 'c.pth'}
    first, second = plan(stages, given, only='round')
    assert first.cfg.load_from == 'best.pth'
    assert first.cfg.default_hooks.pseudo_labels.labeler == dict(config='c.py', checkpoint='c.pth')
    assert second.cfg.load_from == first.checkpoint
    assert second.cfg.default_hooks.pseudo_labels.labeler.checkpoint == first.checkpoint
    assert [stage.cfg.load_from for stage in plan(stages, given)][1:] == [
        'runs/w/00_da/iter_4.pth',
        'runs/w/01_round_1/iter_4.pth',
    ]


def test_a_removed_stage_can_be_replaced_by_a_file(plan):
    stages = "source=dict(config='other.py'), da=dict(load_from='source')"
    (stage,) = plan(stages, {'stages.source': None, 'load_from': 'mine.pth'})
    assert stage.cfg.load_from == 'mine.pth'
    with pytest.raises(UserError, match="load_from names 'source', which is no earlier stage"):
        plan(stages, {'stages.source': None})


def test_options_change_the_methods_own_stages(plan):
    shared, own = plan(
        "source=dict(config='other.py'), a=dict(changes=dict(x=dict(y=2)))", {'x.y': 7, 'load_from': 'f.pth'}
    )
    assert (own.cfg.x.y, own.cfg.load_from) == (7, 'f.pth')
    assert (shared.cfg.x.y, shared.cfg.load_from) == (1, 'own.pth')


def test_an_option_for_shared_runs_alone_is_refused(plan):
    with pytest.raises(UserError, match=r'x\.y: no stage has a use for it; runs of other configs take'):
        plan("source=dict(config='other.py')", {'x.y': 7})


def test_a_shared_run_takes_the_place_of_images_from_the_options(plan, tmp_path):
    (tmp_path / 'data.py').write_text(f"{BASE}\ntrain_dataloader = dict(batch_size=1, dataset=dict(root='a'))\n")
    options = {'train_dataloader.dataset.root': 'b', 'train_dataloader.batch_size': 9}
    shared, _ = plan("source=dict(config='data.py'), a=dict()", options)
    assert shared.cfg.train_dataloader == dict(batch_size=1, dataset=dict(root='b'))


def test_options_reach_into_one_stage(plan):
    first, second = plan('a=dict(), b=dict()', {'stages.b.changes.x.y': 3})
    assert (first.cfg.x.y, second.cfg.x.y) == (1, 3)


def test_options_leave_stages_alone_that_have_no_use_for_them(plan, capsys):
    base = BASE + '\ndata = dict(source=dict(root="s"), target=dict(root="t"))\n'
    options = {'data.source.root': 'r', 'data.target.root': 'u'}
    first, second = plan('a=dict(), b=dict(changes=dict(data=dict(source=None)))', options, base=base)
    assert first.cfg.data == dict(source=dict(root='r'), target=dict(root='u'))
    assert second.cfg.data == dict(source=None, target=dict(root='u'))
    assert capsys.readouterr().out == 'Stage b has no use for data.source.root\n'


def test_options_of_an_adaptation_leave_stages_alone_that_lack_it(plan):
    key = 'model.adaptations.'
    stages = 'a=dict(), b=dict(changes=dict(model=dict(adaptations=dict(other=dict(type="Other")))))'
    first, second = plan(stages, {f'{key}one.weight': 2, f'{key}other.weight': 3})
    assert first.cfg.model.adaptations == dict(one=dict(type='One', weight=2))
    assert second.cfg.model.adaptations.other == dict(type='Other', weight=3)
    (stage,) = plan('a=dict()', {f'{key}other.type': 'Other', f'{key}other.weight': 3})
    assert stage.cfg.model.adaptations.other == dict(type='Other', weight=3)


@pytest.mark.parametrize(
    'key, message',
    [
        ('train_cfg.max_iter', r'train_cfg has no max_iter; did you mean train_cfg\.max_iters\?'),
        ('mdoel.x', 'the config has no mdoel; did you mean model?'),
        ('model.adaptations.ones.weight', r'no ones; did you mean model\.adaptations\.one\?'),
        ('stages.b.changes.train_cfg.max_iter', r'did you mean train_cfg\.max_iters\?'),
        ('stages.rounds.repeat', r'stages has no rounds; did you mean stages\.round\?'),
        ('stages.round.repeats', r'got .*repeats'),
        ('x.y.z', r'x\.y is 1'),
    ],
)
def test_options_that_no_stage_uses_are_refused(plan, key, message):
    with pytest.raises(UserError, match=message):
        plan('a=dict(), b=dict(changes=dict(x=dict(z=1))), round=dict(repeat=2)', {key: 3})


def test_what_a_later_stage_lacks_is_found_before_the_first(plan, tmp_path):
    """Weights that a stage before makes are not missed, those that nobody makes are."""
    (tmp_path / 'images').mkdir()
    (tmp_path / 'images' / '1.png').touch()
    base = BASE.replace("load_from = 'own.pth'", '') + (
        f"train_dataloader = dict(dataset=dict(type='GTADataset', data_root='{tmp_path}', "
        "data_prefix=dict(img_path='images', seg_map_path=None)))\n"
        "optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1))"
    )
    second = "dict(load_from='first', labels_from='first', changes=dict(model=dict(init=dict(checkpoint='{}'))))"
    check_plan(plan(f'first=dict(), second={second}'.replace("'{}'", "'{first}'"), base=base))
    with pytest.raises(UserError, match=r'stage second: model\.init\.checkpoint: weights none\.pth do not'):
        check_plan(plan(f'first=dict(), second={second}'.replace("'{}'", "'none.pth'"), base=base))
    with pytest.raises(UserError, match=r'stage first: train_dataloader\.dataset\.data_prefix\.img_path: .*nowhere'):
        check_plan(plan('first=dict()', {'train_dataloader.dataset.data_prefix.img_path': 'nowhere'}, base=base))
    with pytest.raises(UserError, match=r'stage second: load_from: checkpoint runs/w/00_first/iter_4\.pth does not'):
        check_plan(plan("first=dict(), second=dict(load_from='first')", only='second', base=base))


def test_finished_is_a_complete_checkpoint_of_a_run_that_was_done(tmp_path):
    cfg = Config(dict(work_dir=str(tmp_path), train_cfg=dict(max_iters=20)))
    assert finished_checkpoint(cfg) is None
    final = tmp_path / 'iter_20.pth'
    torch.save({}, final)
    torch.save({}, tmp_path / 'iter_10.pth')
    (tmp_path / 'last_checkpoint').write_text(str(tmp_path / 'iter_10.pth'))
    assert finished_checkpoint(cfg) is None
    (tmp_path / 'last_checkpoint').write_text(str(final))
    assert finished_checkpoint(cfg) is None, 'its last validation may have been interrupted'
    mark_finished(str(tmp_path), 10)
    assert finished_checkpoint(cfg) is None, 'the run was made longer'
    mark_finished(str(tmp_path), 20)
    assert finished_checkpoint(cfg) == str(final)
    final.write_bytes(final.read_bytes()[:-9])
    assert finished_checkpoint(cfg) is None


@pytest.mark.parametrize('task', ['gta2cs', 'syn2cs'])
@pytest.mark.parametrize('net', ['r101', 'vgg16', 'mini'])
def test_dast_is_one_launch(net, task):
    cfg = Config.fromfile(ROOT / f'configs/dast/dast_{net}_{task}.py', import_custom_modules=False)
    cfg.work_dir, cfg.launcher = 'work_dirs/dast', 'none'
    folders = [Path(stage.cfg.work_dir).name for stage in plan_stages(cfg, {})]
    expected = ['00_da', '01_round_1', '02_round_2', '03_round_3']
    assert folders == (expected if net != 'mini' else [f'source_only_mini_{task}', '00_da', '01_round'])


def test_a_stage_whose_result_is_its_best_checkpoint(plan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, second = plan("a=dict(result='best'), b=dict(load_from='a')")
    assert first.checkpoint == second.cfg.load_from == 'runs/w/00_a/best.pth'
    folder = Path('runs/w/00_a')
    folder.mkdir(parents=True)
    torch.save({}, folder / 'iter_4.pth')
    (folder / 'last_checkpoint').write_text(str(folder / 'iter_4.pth'))
    mark_finished(str(folder), 4)
    with pytest.raises(UserError, match='save_best'):
        run_stage(first)
    (folder / 'best_mIoU_iter_2.pth').write_text('best')
    assert run_stage(first) == first.checkpoint
    assert (folder / 'settings.json').is_file(), 'what is taken as it is, is kept to from now on'
    assert Path(first.checkpoint).read_text() == 'best'
    with pytest.raises(UserError, match=r"result.*'better'"):
        plan("a=dict(result='better')")
