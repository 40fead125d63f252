"""How a method's stages are read, found finished, and refused."""

import pytest
from mmengine.config import Config

from mmseg_uda.engine.stages import expand_stages, finished_checkpoint


@pytest.fixture
def configs(tmp_path):
    for name in ('a.py', 'b.py'):
        (tmp_path / name).write_text('x = 1')
    return str(tmp_path / 'method.py')


def test_repeats_are_stages_of_their_own(configs):
    stages = expand_stages([dict(config='a.py'), dict(config='b.py', load_from='previous', repeat=2)], configs)
    assert [stage.name for stage in stages] == ['00_a', '01_b', '02_b']
    assert [stage.load_from for stage in stages] == [None, 'previous', 'previous']


@pytest.mark.parametrize(
    'entries, message',
    [
        ([dict(config='c.py')], r'stages\[0\].*c\.py does not exist'),
        ([dict(config='a.py', load_from='previous')], 'it is the first stage'),
        ([dict(config='a.py', repeats=2)], r"got \['config', 'repeats'\]"),
        ([dict(load_from='x.pth')], 'expected the keys config'),
    ],
)
def test_wrong_entries_are_named(configs, entries, message):
    with pytest.raises(ValueError, match=message):
        expand_stages(entries, configs)


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


@pytest.mark.parametrize('task', ['gta2cs', 'syn2cs'])
@pytest.mark.parametrize('net', ['r101', 'vgg16', 'mini'])
def test_dast_is_one_launch(net, task):
    path = f'configs/dast/dast_{net}_{task}.py'
    cfg = Config.fromfile(path, import_custom_modules=False)
    names = [stage.config.rsplit('/')[-1] for stage in expand_stages(cfg.stages, path)]
    rounds = 3 if net != 'mini' else 1
    assert names == [f'dast_da_{net}_{task}.py'] + [f'dast_round_{net}_{task}.py'] * rounds
    # The method's config is the last stage's, so it tests what the launch trained.
    last = Config.fromfile(f'configs/dast/dast_round_{net}_{task}.py', import_custom_modules=False)
    assert cfg.model == last.model
