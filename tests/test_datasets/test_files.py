import pytest

from mmseg_uda.datasets.files import by_stem, list_files, skipped_images, some
from mmseg_uda.errors import UserError

FILES = ['a.png', 'town 1/b.JPG', 'town 1/c_left.png', 'd.jpeg', 'notes.txt']


def test_suffixes_in_any_letter_case():
    assert by_stem(FILES, '.jpg') == {'town 1/b': 'town 1/b.JPG'}
    assert by_stem(FILES, ['.PNG', '.jpeg']) == {'a': 'a.png', 'town 1/c_left': 'town 1/c_left.png', 'd': 'd.jpeg'}


def test_the_longest_suffix_goes_first():
    assert by_stem(FILES, ('.png', '_left.png')) == {'a': 'a.png', 'town 1/c': 'town 1/c_left.png'}


def test_two_of_one_name_are_refused():
    with pytest.raises(UserError, match=r'a\.png and a\.jpg differ in their suffix only'):
        by_stem(['a.png', 'a.jpg'], ('.png', '.jpg'))
    assert by_stem(['a.png', 'a.jpg'], '.png') == {'a': 'a.png'}


def test_skipped_are_images_alone():
    assert skipped_images(FILES, '.png') == ['town 1/b.JPG', 'd.jpeg']
    assert skipped_images(FILES, '_left.png', ('.jpg', '.jpeg')) == ['a.png']


def test_files_are_listed_in_depth(tmp_path):
    for file in FILES:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    assert sorted(list_files(str(tmp_path))) == sorted(FILES)


def test_some_names():
    assert some({'b', 'a'}) == 'a, b' and some({'e', 'd', 'c', 'b', 'a'}) == 'a, b, c and 2 more'
