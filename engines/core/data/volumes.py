"""Voxels of objects, their occupancy, in a grid's own axes."""

from __future__ import annotations

import numpy as np

from engines.core.camera import Array


def turned(filled: Array, axes: Array) -> Array:
    """Voxels of a cube about the origin in axes of another cube of the same side and middle.

    Args:
        filled: [n, n, n] bool along x, y, z.
        axes: [3, 3] of the other cube, one a row.

    Returns:
        [n, n, n] bool along those: which voxels' middles are filled.
    """
    if np.array_equal(axes, np.eye(3)):
        return filled
    side = len(filled)
    along = (np.arange(side) + 0.5) / side - 0.5
    middles = np.stack(np.meshgrid(along, along, along, indexing="ij"), axis=-1) @ axes
    at = np.floor((middles + 0.5) * side).astype(int)
    inside = ((at >= 0) & (at < side)).all(axis=-1)
    x, y, z = np.moveaxis(at.clip(0, side - 1), -1, 0)
    return np.asarray(filled[x, y, z] & inside)
