"""Which checkpoint a run goes on from: the latest whole one of its own folder."""

from pathlib import Path

import pytest
import torch

from mmseg_uda.engine.checkpoint_files import forget, is_complete, is_intact, latest_checkpoint, point_to


@pytest.fixture
def work_dir(tmp_path) -> Path:
    for i in (5, 10, 15):
        torch.save(dict(state_dict=dict(w=torch.full((1000,), float(i)))), tmp_path / f'iter_{i}.pth')
    (tmp_path / 'last_checkpoint').write_text(f'/another/folder/iter_{15}.pth')
    return tmp_path


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-500])


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    place = content.index(torch.full((4,), 15.0).numpy().tobytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_a_moved_work_dir_is_read_itself(work_dir):
    assert latest_checkpoint(work_dir) == str(work_dir / 'iter_15.pth')


def test_an_empty_pointer(work_dir, capsys):
    (work_dir / 'last_checkpoint').write_text('')
    latest = latest_checkpoint(work_dir)
    assert latest == str(work_dir / 'iter_15.pth')
    point_to(work_dir, latest)
    assert (work_dir / 'last_checkpoint').read_text() == latest
    assert 'last_checkpoint is empty: going back to' in capsys.readouterr().out


def test_a_truncated_checkpoint_is_left_out(work_dir, capsys):
    truncate(work_dir / 'iter_15.pth')
    truncate(work_dir / 'iter_10.pth')
    latest = latest_checkpoint(work_dir)
    assert latest == str(work_dir / 'iter_5.pth')
    point_to(work_dir, latest)
    assert f'{work_dir}/iter_15.pth is damaged or missing: going back to {latest}' in capsys.readouterr().out


def test_a_flipped_bit_is_found_where_all_is_read(work_dir):
    flip_a_bit(work_dir / 'iter_15.pth')
    assert is_complete(work_dir / 'iter_15.pth') and not is_intact(work_dir / 'iter_15.pth')
    assert latest_checkpoint(work_dir, is_intact) == str(work_dir / 'iter_10.pth')


def test_what_was_saved_after_the_named_one_is_not_taken(work_dir):
    (work_dir / 'last_checkpoint').write_text(str(work_dir / 'iter_10.pth'))
    assert latest_checkpoint(work_dir) == str(work_dir / 'iter_10.pth')


def test_nothing_of_an_earlier_run_is_resumed(work_dir):
    forget(work_dir)
    assert latest_checkpoint(work_dir) is None


def test_all_damaged(work_dir):
    for path in work_dir.glob('*.pth'):
        truncate(path)
    assert latest_checkpoint(work_dir) is None


def test_a_damaged_file_is_told_whatever_byte_is_wrong(work_dir):
    """The reader of zip files has many errors. (Some bytes, such as dates, do not matter.)"""
    path = work_dir / 'iter_15.pth'
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        latest = latest_checkpoint(work_dir, is_intact)
        assert latest == str(path if is_intact(path) else work_dir / 'iter_10.pth')


def test_checkpoints_that_an_earlier_run_left_are_not_the_new_ones(work_dir):
    forget(work_dir)
    torch.save(dict(state_dict={}), work_dir / 'iter_10.pth')
    (work_dir / 'last_checkpoint').write_text('')  # killed while it is written
    assert latest_checkpoint(work_dir) == str(work_dir / 'iter_10.pth')
