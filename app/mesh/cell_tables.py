"""How the corners, sides and parts of a cell are numbered."""

from __future__ import annotations

import numpy as np

CORNERS = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
"""[8, 3] of a cell, from its first point."""
HALVES = np.array([[x, y, z] for x in (0, 1, 2) for y in (0, 1, 2) for z in (0, 1, 2)])
"""[27, 3] the corners of a cell's eight parts, in half steps from its first point."""
PARTS = np.array([[9 * (x + a) + 3 * (y + b) + z + c for a, b, c in CORNERS] for x, y, z in CORNERS])
"""[8, 8] which of `HALVES` are the corners of each part."""
_SHARES = abs(1 - CORNERS - HALVES[:, None] / 2)
BETWEEN = _SHARES[..., 0] * _SHARES[..., 1] * _SHARES[..., 2]
"""[27, 8] how much each corner counts at `HALVES` where a field is interpolated."""
LOW_HIGH = tuple(
    np.array([[number for number in range(8) if CORNERS[number, axis] == end] for end in (0, 1)]) for axis in range(3)
)
"""For each axis [2, 4], the corners on a cell's low side, and those opposite to them."""
SIDES = tuple((axis, way, LOW_HIGH[axis][int(way > 0)]) for axis in range(3) for way in (-1, 1))
"""The six sides: axis, where to, corners."""
_INSIDE = (np.arange(256)[:, None] >> (7 - np.arange(8))) & 1
CROSSED = np.array([0 < number < 255 for number in range(256)])
"""[256] bool, whether corners differ, for each number that `np.packbits` makes of which are inside."""
CROSSED_SIDES = np.stack([(_INSIDE[:, of] @ np.ones(4)) % 4 > 0 for _, _, of in SIDES], axis=1)
"""[256, 6] bool, for the same numbers, on which of `SIDES` corners differ."""
