"""Bad input through the real commands: one message that names file or key and says what to do, and nothing is left."""

import re

import pytest

from .table import CASES


@pytest.mark.parametrize('case', CASES, ids=[case.name for case in CASES])
def test_bad_input_is_refused_in_one_line(world, case):
    case.spoil(world)
    before = world.listing()
    code, text = world.command(case.words)
    assert code > 0, f'exit code {code}\n{text}'
    assert 'Traceback' not in text, text
    errors = re.findall(r'^(?:\S+: error|Error): .*(?:\n.+)*', text, re.MULTILINE)
    assert len(errors) == 1, text
    assert re.search(case.message, errors[0], re.DOTALL), errors[0]
    assert 'Iter(train)' not in text, text
    new = [name for name in world.listing() - before if not re.match(case.leaves, name)]
    assert not new


def test_the_world_is_good(world):
    """What no case has spoiled works, so that each case fails for its own reason."""
    for words in ('train {config} --work-dir {out}', 'test {config} {dast} --work-dir {root}/scores'):
        code, text = world.command(words)
        assert code == 0, text
