"""Run tools as a shell would, each in a fork of one process that has the stack imported: a case costs no import.

Reads a JSON object a line, ``{words, cwd, output}``, and answers with the exit code, negative for a signal.
"""

import json
import os
import runpy
import signal
import sys
import traceback
from pathlib import Path

LIMIT = 100
"""Seconds after which a tool is ended by SIGALRM."""


def run(words: list[str], cwd: str, output: str) -> int:
    """Fork, run one tool file with its arguments, and return its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    signal.alarm(LIMIT)
    os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
    os.dup2(1, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(cwd)
    sys.argv = words
    sys.path.insert(0, str(Path(words[0]).parent))
    code = 1
    try:
        runpy.run_path(words[0], run_name='__main__')
        code = 0
    except SystemExit as end:
        if isinstance(end.code, int | None):
            code = end.code or 0
        else:
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve() -> None:
    """Import what tools import, then answer line by line."""
    import mmseg.apis  # noqa: F401
    import torch

    import mmseg_uda.engine.launch
    import mmseg_uda.engine.stages
    import mmseg_uda.export  # noqa: F401

    torch.set_num_threads(1)
    for line in sys.stdin:
        print(run(**json.loads(line)), flush=True)


if __name__ == '__main__':
    serve()
