import pytest

from mmseg_uda.utils.files import written_aside


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / 'deep' / 'er' / 'a.txt'
    for text in ('first', 'second'):
        with written_aside(path) as aside:
            aside.write_text(text)
            assert aside.parent == path.parent and aside.name.startswith('.')
            assert not path.exists() or path.read_text() == 'first'
        assert path.read_text() == text
    assert names(path.parent) == ['a.txt']


def test_failure_keeps_the_old_file_and_leaves_nothing(tmp_path):
    (tmp_path / 'a.txt').write_text('old')
    for name in ('a.txt', 'b.txt'):
        with pytest.raises(KeyboardInterrupt), written_aside(tmp_path / name) as aside:
            aside.write_text('half')
            raise KeyboardInterrupt
    assert names(tmp_path) == ['a.txt'] and (tmp_path / 'a.txt').read_text() == 'old'


def test_what_a_killed_process_left_is_replaced(tmp_path):
    with written_aside(tmp_path / 'a.txt') as aside:
        left = aside
        aside.write_text('long enough')
    left.write_text('what a killed process had written')
    with written_aside(tmp_path / 'a.txt') as aside:
        aside.write_text('new')
    assert names(tmp_path) == ['a.txt'] and (tmp_path / 'a.txt').read_text() == 'new'
