"""How a case looks, and ways to spoil a file."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .conftest import World

TRAIN = 'train {config} --work-dir {out}'
TEST = 'test {config} {dast} --work-dir {out}'
PREDICT = 'predict {config} {dast} {root}/gta/images --out {out}'
LABEL = 'generate_pseudo_labels {config} {dast} --out {out} --num-workers 0'
EXPORT = 'model_converters/export_to_mmseg {config} {dast} {out} --cfg-options model.adaptations.attention=None'
ONNX = 'model_converters/export_to_onnx {config} {dast} {out}/net.onnx'
GTA = 'dataset_converters/gta {root}/gta --workers 1'
CITYSCAPES = 'dataset_converters/cityscapes {root}/cityscapes --workers 1'


LOCK = r'out/\.in_use$'
"""What a training run leaves that was refused at once: the file by which it holds its folder."""

LOGS = r'out/(.*\.(log|py|json)|\.in_use)$'
"""What one leaves that ended before its first step."""


def nothing(world: World) -> None:
    """The command itself is what is wrong."""


@dataclass
class Case:
    """One bad input.

    Attributes:
        name: What is wrong, for the test's id.
        words: The command, with ``{config}``, ``{out}``, ``{root}`` and the stems of checkpoints.
        message: Regular expression that the one line of the error must match: file or key, and remedy.
        spoil: Changes the world first.
        leaves: Regular expression of new files that are all right, below the world's root.
    """

    name: str
    words: str
    message: str
    spoil: Callable[[World], Any] = nothing
    leaves: str = LOCK


def options(*settings: str) -> str:
    """A training command with ``--cfg-options``."""
    return ' '.join([TRAIN, '--cfg-options', *settings])


def add(text: str) -> Callable[[World], None]:
    """Write into the config."""
    return lambda world: world.add(text)


def write(path: str, content: bytes | str) -> Callable[[World], Any]:
    """Replace files by pattern (the first of them), or make one."""
    content = content.encode() if isinstance(content, str) else content

    def spoil(world: World) -> None:
        found = sorted(world.root.glob(path))
        (found[0] if found else world.root / path).write_bytes(content)

    return spoil


def cut(pattern: str, share: float = 0.5) -> Callable[[World], None]:
    """Truncate the first file of a pattern."""

    def spoil(world: World) -> None:
        path = world.files(pattern)[0]
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])

    return spoil


def cut_all(pattern: str) -> Callable[[World], None]:
    """Truncate every file of a pattern."""

    def spoil(world: World) -> None:
        for path in world.files(pattern):
            path.write_bytes(path.read_bytes()[:200])

    return spoil


def remove(pattern: str) -> Callable[[World], None]:
    """Delete the files of a pattern."""

    def spoil(world: World) -> None:
        for path in world.files(pattern):
            path.unlink()

    return spoil


class _Runs:
    """An object whose unpickling would make a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


def malicious(name: str) -> Callable[[World], None]:
    """A checkpoint that would run code."""
    return lambda world: (world.root / name).write_bytes(
        pickle.dumps(dict(state_dict={}, meta=_Runs(world.root / 'ran_code')), protocol=2)
    )
