"""Reading rounds back."""

from pathlib import Path

import cv2
import numpy as np


def files(folder: Path) -> dict[str, bytes]:
    """All files below a folder by relative path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob('*')) if path.is_file()}


def labels(round_dir: Path) -> dict[str, np.ndarray]:
    """Label maps by image name."""
    folder = round_dir / 'labels'
    return {
        str(path.relative_to(folder).with_suffix('')): cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        for path in sorted(folder.rglob('*.png'))
    }
