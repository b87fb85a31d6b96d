"""Primitives at known places."""

from __future__ import annotations

import numpy as np

from app.cleaning.subject import CleaningSubject
from engines.core.camera import Array
from engines.core.scene_abilities import Primitives

SIDE = 5
BALL = SIDE**3
"""Points of a cube of lattice points 0.1 apart, about the origin."""
FLOATERS = np.array([[3.0, 0, 0], [0, -4.0, 0], [0, 0, 5.0]])


def lattice() -> Array:
    """[125, 3] points -0.2, -0.1, 0, 0.1, 0.2 along each axis."""
    across = np.linspace(-0.2, 0.2, SIDE)
    return np.stack(np.meshgrid(across, across, across, indexing="ij"), axis=-1).reshape(-1, 3)


def with_floaters(origin: tuple[float, float, float] = (0, 0, 0)) -> CleaningSubject:
    """The lattice, then three floaters; opacities 0, 1/128, 2/128, ...; sizes 1, 2, 3, ... thousandths.

    All lie `origin` further on in the world than in the scene's own coordinates.
    """
    positions = np.concatenate([lattice(), FLOATERS]).astype(np.float32)
    count = len(positions)
    opacities, sizes = np.arange(count, dtype=np.float32) / count, np.arange(1, count + 1, dtype=np.float32) / 1000
    return CleaningSubject(Primitives(positions, opacities, sizes), np.array(origin))
