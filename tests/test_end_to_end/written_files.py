"""Imported into a run by ``custom_imports``: a line ``<rank> <path>`` in ``$WRITTEN_FILES`` for every file it writes.

What C++ code opens itself (``cv2.imwrite``) is not seen.
"""

import os
import sys

_record = os.open(os.environ['WRITTEN_FILES'], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def _hook(event: str, args: tuple) -> None:
    if event == 'open' and isinstance(args[0], str) and args[2] & (os.O_WRONLY | os.O_RDWR):
        path = args[0]
    elif event in ('os.rename', 'os.symlink'):
        path = args[1]
    else:
        return
    os.write(_record, f'{os.environ.get("RANK", 0)} {os.path.abspath(path)}\n'.encode())


sys.addaudithook(_hook)
