"""The sharpest frames of a video, evenly spread, as photographs to find cameras of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from engines.core.camera import Array
from engines.core.data.images import to_uint8, write_png
from engines.core.data.picture_files import read_picture, video_shape
from engines.core.errors import Unwritable, UserError
from engines.core.files import folder_made, holding

FRAMES = 120
LOOKED_AT = 5
"""Frames of each stretch that are compared."""


def write_sharpest(
    video: Path, folder: Path, count: int, on_written: Callable[[int], None] = lambda _: None
) -> list[Path]:
    """Writes about `count` frames as PNG into `folder`; those that are there already stay.

    Raises:
        UserError: not a video, or the folder holds other files, or can't be written.
    """
    if count < 1:
        raise UserError(f"--frames {count}: must be at least 1")
    with holding(folder):
        return _written(video, folder, count, on_written)


def _written(video: Path, folder: Path, count: int, on_written: Callable[[int], None]) -> list[Path]:
    frames = video_shape(video)[0]
    count = min(count, frames)
    starts = [index * frames // count for index in range(count + 1)]
    paths = [folder / f"{start:06d}.png" for start in starts[:-1]]
    if folder.is_dir() and (others := sorted({path.name for path in folder.iterdir()} - {path.name for path in paths})):
        raise UserError(f"{folder}: holds other files ({others[0]}); name a new or an empty folder with --out")
    new: list[Path] = []
    with folder_made(folder):
        try:
            for index, path in enumerate(paths):
                if not path.is_file():
                    write_png(path, _sharpest(video, starts[index], starts[index + 1]))
                    new.append(path)
                on_written(index + 1)
        except Unwritable:
            for path in new:
                path.unlink(missing_ok=True)
            raise
    return paths


def _sharpest(video: Path, first: int, end: int) -> Array:
    """[H, W, 3] bytes."""
    places = np.unique(np.linspace(first, end - 1, min(LOOKED_AT, end - first)).round().astype(int)).tolist()
    pictures = [to_uint8(read_picture(video, (place,))) for place in places]
    return max(pictures, key=sharpness)


def sharpness(picture: Array) -> float:
    """How much detail bytes [H, W, 3] have: the variance of the Laplacian of their brightness."""
    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())
