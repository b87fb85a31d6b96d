"""Depth maps on the disk: arrays of numpy, OpenEXR, and images of whole numbers or floats."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engines.core.camera import LARGEST, Array
from engines.core.data.decoding import decode
from engines.core.data.images import resize_nearest
from engines.core.errors import UserError
from engines.core.reading import MOST_ARRAY_BYTES, reading, require_file

DEPTH_SUFFIXES = (".npy", ".exr", ".png", ".tif", ".tiff")
CHANNELS = ("Z", "Y", "V", "R", "RGB", "RGBA")
"""Of an EXR file, the first that is there: of colours, the red one."""


def read_depth(path: Path, unit: float | None) -> Array:
    """[H, W] float32 depths along +z; infinite where none is known.

    Args:
        unit: what a stored 1 is, world units; None: nobody says it, and floats are world units.

    Raises:
        UserError: missing, can't be decoded, or whole numbers of which nobody says what they are.
    """
    require_file(path, MOST_ARRAY_BYTES)
    with reading(path, "can't be read as a depth map"):
        stored = _stored(path)
    if stored is None or stored.ndim not in (2, 3) or 0 in stored.shape:
        raise UserError(f"{path}: can't be read as a depth map")
    stored = stored if stored.ndim == 2 else stored[..., 0]
    if unit is None and np.issubdtype(stored.dtype, np.integer):
        raise UserError(
            f"{path}: holds whole numbers, and nobody says what a depth of 1 is; write depths as floats (.npy or .exr)"
        )
    depth = stored.astype(np.float32) * np.float32(1.0 if unit is None else unit)
    known = np.isfinite(depth) & (depth > 0) & (depth < LARGEST)
    return np.where(known, depth, np.float32(np.inf))


def _stored(path: Path) -> Array | None:
    if path.suffix.lower() == ".npy":
        return np.asarray(np.load(path, allow_pickle=False))
    if path.suffix.lower() == ".exr":
        # Here, not above: few captures have such files.
        import OpenEXR

        with OpenEXR.File(str(path)) as file:
            channels = file.channels()
            found = next((channels[name] for name in CHANNELS if name in channels), None)
            return None if found is None else np.array(found.pixels)
    return decode(path, np.fromfile(path, dtype=np.uint8))


def resized_depth(depth: Array, size_px: tuple[int, int]) -> Array:
    """[h, w] depths [H, W] at (width, height), none averaged; of another shape, the centred square."""
    height, width = depth.shape
    if (width, height) == size_px or size_px[0] != size_px[1]:
        return resize_nearest(depth, size_px)
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return resize_nearest(depth[top : top + side, left : left + side], size_px)
