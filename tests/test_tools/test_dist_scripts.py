"""Where the processes of dist_train.sh and dist_test.sh meet."""

import os
import re
import socket
import subprocess

import pytest

from tests.conftest import ROOT, run_command


@pytest.fixture(params=['dist_train.sh', 'dist_test.sh'])
def launched(request, tmp_path):
    """The words that torch's launcher gets, from a Python that only prints them."""
    python = tmp_path / 'python'
    python.write_text('#!/bin/sh\necho "$@"\n')
    python.chmod(0o755)
    words = ['config.py', '2'] if request.param == 'dist_train.sh' else ['config.py', 'x.pth', '2']

    def launch(**env: str) -> list[str]:
        command = ['bash', str(ROOT / 'tools' / request.param), *words]
        inherited = {key: value for key, value in os.environ.items() if key not in ('NNODES', 'PORT', 'MASTER_ADDR')}
        env = {**inherited, 'PATH': f'{tmp_path}:{os.environ["PATH"]}', **env}
        return subprocess.run(command, env=env, text=True, capture_output=True, check=True).stdout.split()

    return launch


def test_one_machine_finds_a_free_port(launched):
    """Two runs at the same time do not collide."""
    words = launched()
    assert '--standalone' in words and not any(word.startswith('--master') for word in words)
    assert '--nproc_per_node=2' in words and words[-2:] == ['--launcher', 'pytorch']


def test_a_given_port_is_used(launched):
    words = launched(PORT='29777')
    assert '--master_port=29777' in words and '--nnodes=1' in words and '--standalone' not in words


def test_several_machines_meet_at_the_first_one(launched):
    words = launched(NNODES='2', NODE_RANK='1', MASTER_ADDR='first.machine')
    for word in ('--nnodes=2', '--node_rank=1', '--master_addr=first.machine', '--master_port=29500'):
        assert word in words


def test_a_port_in_use_is_one_message():
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = str(server.getsockname()[1])
        done = run_command('bash', 'tools/dist_train.sh', 'config.py', '2', env=dict(PORT=port), check=False)
    assert done.returncode == 1 and 'Traceback' not in done.stdout
    assert re.search(rf'^Error: .*{port}.*in use.* Set PORT to a free one', done.stdout, re.MULTILINE)
