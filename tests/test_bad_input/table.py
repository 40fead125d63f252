"""The table of bad inputs."""

from .cases import Case
from .config_cases import CASES as CONFIG
from .file_cases import CASES as FILES
from .value_cases import CASES as VALUES

CASES: tuple[Case, ...] = (*CONFIG, *FILES, *VALUES)
