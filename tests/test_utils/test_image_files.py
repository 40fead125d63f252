import cv2
import numpy as np
import pytest

from mmseg_uda.errors import UserError
from mmseg_uda.utils.image_files import find_images, is_cut_off, read_image, unreadable, write_png


def test_round_trip_leaves_only_the_file(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    write_png(tmp_path / 'deep' / 'er' / 'a.png', image)
    assert [path.name for path in (tmp_path / 'deep' / 'er').iterdir()] == ['a.png']
    assert (read_image(tmp_path / 'deep' / 'er' / 'a.png') == image).all()


def test_failed_write_keeps_the_old_file(tmp_path):
    label = np.ones((4, 4), np.uint8)
    write_png(tmp_path / 'a.png', label)
    with pytest.raises((OSError, cv2.error)):
        write_png(tmp_path / 'a.png', np.ones((4, 4, 7), np.uint8))
    (tmp_path / 'b.png').mkdir()
    with pytest.raises(OSError, match=r'b\.png'):
        write_png(tmp_path / 'b.png', label)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['a.png', 'b.png']
    assert (cv2.imread(str(tmp_path / 'a.png'), cv2.IMREAD_UNCHANGED) == label).all()


@pytest.mark.parametrize('content', [b'', b'no image at all'])
def test_unreadable_image_is_named(tmp_path, content):
    path = tmp_path / 'broken.png'
    path.write_bytes(content)
    with pytest.raises(UserError, match=r'broken\.png is not an image'):
        read_image(path)


def test_find_images(tmp_path):
    for name in ('b.PNG', 'town/a.jpg', 'town/notes.txt', 'results/color/b.png'):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = find_images(tmp_path, skip=tmp_path / 'results')
    assert [str(path.relative_to(tmp_path)) for path in found] == ['b.PNG', 'town/a.jpg']
    assert find_images(tmp_path / 'b.PNG') == [tmp_path / 'b.PNG']
    with pytest.raises(UserError, match='gone does not exist'):
        find_images(tmp_path / 'gone')
    (tmp_path / 'empty').mkdir()
    with pytest.raises(UserError, match='no image below'):
        find_images(tmp_path / 'empty')


@pytest.mark.parametrize('suffix', ['.png', '.jpg'])
def test_what_lies_behind_the_end_of_an_image_does_not_matter(tmp_path, suffix):
    """Phones append films of megabytes; where the image itself is cut, it is told."""
    path = tmp_path / f'a{suffix}'
    content = cv2.imencode(suffix, np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8))[1].tobytes()
    path.write_bytes(content + bytes(10000))
    assert read_image(path).shape == (64, 64, 3)
    for portion in (0.2, 0.5, 0.9):
        path.write_bytes(content[: int(len(content) * portion)])
        assert is_cut_off(path)


def test_arrays_are_no_damaged_images(tmp_path):
    np.save(tmp_path / 'depth.npy', np.zeros(3))
    (tmp_path / 'a.png').write_bytes(b'')
    assert unreadable([str(tmp_path / 'depth.npy')]) is None
    assert unreadable([str(tmp_path / 'depth.npy'), str(tmp_path / 'a.png')]) == str(tmp_path / 'a.png')
