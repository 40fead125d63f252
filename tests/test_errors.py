"""What a user can mend."""

import pytest

from mmseg_uda.errors import UserError, choice


def test_choice_returns_what_is_known_and_names_the_rest():
    assert choice('net.mode', 'b', ('a', 'b')) == 'b'
    assert choice('net.part', None, ('a', None)) is None
    with pytest.raises(UserError, match=r"^net\.mode must be one of 'a', 'b', got 'c'$"):
        choice('net.mode', 'c', ('a', 'b'))
