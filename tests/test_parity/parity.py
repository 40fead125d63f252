"""Reads the golden vectors that parity tests compare with (see ``tests/data/parity/README.md``).

The folder comes from ``MMSEG_UDA_PARITY_DIR`` (default: ``tests/data/parity``). A test loops over
the cases it finds, so it runs unchanged on any other folder of the same form::

    @pytest.mark.parametrize('case', cases('adaptseg.npz'), ids=str)
    def test_value(case):
        assert_close(compute(case['logits']), case['loss'], rtol=1e-9)
"""

import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

DEFAULT_FOLDER = Path(__file__).resolve().parents[1] / 'data' / 'parity'


def parity_folder() -> Path:
    """The folder of golden vectors in use.

    Raises:
        FileNotFoundError: The folder does not exist.
    """
    folder = Path(os.environ.get('MMSEG_UDA_PARITY_DIR') or DEFAULT_FOLDER)
    if not folder.is_dir():
        raise FileNotFoundError(f'parity folder {folder} does not exist: see MMSEG_UDA_PARITY_DIR')
    return folder


@dataclass(frozen=True)
class Case:
    """One case of a file: ``case['key']`` reads ``c{index}_key`` (0-d arrays become scalars)."""

    file: str
    index: int
    arrays: Any = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        return str(self.arrays[f'c{self.index}_name'])

    def __contains__(self, key: str) -> bool:
        return f'c{self.index}_{key}' in self.arrays

    def __getitem__(self, key: str) -> Any:
        value = self.arrays[f'c{self.index}_{key}']
        return value.item() if value.ndim == 0 else value

    def keys(self) -> list[str]:
        """Keys of this case, without the ``c{index}_`` prefix."""
        prefix = f'c{self.index}_'
        return [key.removeprefix(prefix) for key in self.arrays.files if key.startswith(prefix)]

    def tensor(self, key: str, **kwargs) -> torch.Tensor:
        """``case[key]`` as a new tensor; ``kwargs`` as for :func:`torch.tensor`."""
        return torch.tensor(self[key], **kwargs)

    def recipe_state_dict(self, prefix: str = '') -> dict[str, torch.Tensor]:
        """The weights of this case's network, after checking them against the stored samples."""
        state = recipe_state_dict(self['sd_keys'], self['sd_shapes'], prefix)
        i = 0
        while f'chk{i}_name' in self:
            # adaptseg.npz names its samples without 'D1.', so they cannot check 'D2.'
            name = self[f'chk{i}_name']
            if name.startswith(prefix) and name.removeprefix(prefix) in state:
                actual = state[name.removeprefix(prefix)].numpy().ravel()[:6]
                np.testing.assert_array_equal(actual, np.atleast_1d(self[f'chk{i}_vals']))
            i += 1
        return state

    def __str__(self) -> str:
        return self.name


@cache
def _load(path: Path):
    return np.load(path, allow_pickle=False)


def cases(file: str) -> list[Case]:
    """All cases of one file, e.g. ``'plca.npz'``.

    A folder given through ``MMSEG_UDA_PARITY_DIR`` may hold only some of the files: the tests of
    the others are skipped by pytest as empty parameter sets.
    """
    path = parity_folder() / file
    if not path.exists() and path.parent != DEFAULT_FOLDER:
        return []
    arrays = _load(path)
    return [Case(file, index, arrays) for index in range(int(arrays['n_cases']))]


def _parse_shape(shape: str | Iterable[int]) -> tuple[int, ...]:
    if isinstance(shape, str):
        return tuple(int(size) for size in shape.split('x')) if shape else ()
    return tuple(int(size) for size in shape)


def recipe_state_dict(
    keys: Iterable[str], shapes: Iterable[str | Iterable[int]], prefix: str = ''
) -> dict[str, torch.Tensor]:
    """Weights by the README's recipe ("Weight recipe").

    Args:
        keys: Official names. With a ``prefix`` they may or may not already carry it.
        shapes: One per key: ``'AxBxC'`` (``''`` = 0-d) or a sequence of sizes.
        prefix: Put in front of a key for seeding only (``'0.'``, ``'D1.'``). Keys that start with
            it are kept; with a prefix under which some keys lie and others do not (a ModuleList's
            state dict), only those below it are taken and the prefix is removed.

    Returns:
        float32 tensors by official name without the prefix (``num_batches_tracked``: int64 0).
    """
    shapes_of = {str(key): _parse_shape(str(s) if isinstance(s, np.str_) else s)
                 for key, s in zip(keys, shapes, strict=True)}  # fmt: skip
    if prefix and any(key.startswith(prefix) for key in shapes_of):
        shapes_of = {key.removeprefix(prefix): shape for key, shape in shapes_of.items() if key.startswith(prefix)}
    return {key: _recipe_tensor(key, shape, prefix, shapes_of) for key, shape in shapes_of.items()}


def _recipe_tensor(key: str, shape: tuple[int, ...], prefix: str, known: Iterable[str]):
    module, _, leaf = key.rpartition('.')
    if leaf == 'num_batches_tracked':
        return torch.zeros(shape, dtype=torch.int64)
    seed = zlib.crc32((prefix + key).encode()) & 0xFFFFFFFF
    noise = np.random.RandomState(seed).standard_normal(shape)
    if f'{module}.running_mean' in known:
        if leaf == 'weight':
            noise = 1 + 0.1 * noise
        elif leaf == 'running_var':
            noise = 1 + 0.1 * np.abs(noise)
        else:
            noise = 0.1 * noise
    elif len(shape) >= 2:
        noise = noise * np.sqrt(2 / np.prod(shape[1:]))
    else:
        noise = noise * 0.01
    return torch.from_numpy(np.asarray(noise).astype(np.float32))


def assert_close(actual: Any, expected: Any, rtol: float, scale: str = 'max') -> None:
    """Shapes equal and ``|actual - expected| <= rtol * scale + 1e-12``.

    Args:
        actual: Tensor, array or number.
        expected: Tensor, array or number.
        rtol: Tolerance relative to the scale.
        scale: ``'max'``: of the largest ``|expected|``; ``'elementwise'``: of each element.
    """
    if isinstance(actual, torch.Tensor):
        actual = actual.detach().cpu().numpy()
    if isinstance(expected, torch.Tensor):
        expected = expected.detach().cpu().numpy()
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    assert actual.shape == expected.shape, f'shape {actual.shape}, expected {expected.shape}'
    if not expected.size:
        return
    if scale == 'max':
        atol, relative = rtol * np.abs(expected).max() + 1e-12, 0.0
    elif scale == 'elementwise':
        atol, relative = 1e-12, rtol
    else:
        raise ValueError(f"scale must be 'max' or 'elementwise', got {scale!r}")
    np.testing.assert_allclose(actual, expected, rtol=relative, atol=atol)
