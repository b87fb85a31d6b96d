"""A lattice of points in a box, with a layer more on each side that counts as outside: so it is closed at the box.

Points and cells are known by whole numbers: point (1, 1, 1) is the box's lowest corner, cell (x, y, z) reaches from
point (x, y, z) to point (x + 1, y + 1, z + 1). Of steps, cells and points are those at multiples of the step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.core.camera import Array

FEWEST_CELLS = 2
"""Along a side of the box, however thin it is."""


@dataclass(frozen=True, eq=False)
class Lattice:
    """A box in the world, divided into cells by lattice points.

    Attributes:
        box: [2, 3] world; the points' outermost ones lie on it.
        cells: (X, Y, Z) between its sides.
        step: of the coarsest lattice that is asked for; a power of two.
    """

    box: Array
    cells: tuple[int, int, int]
    step: int

    @staticmethod
    def of(box: Array, resolution: int, coarsest: int) -> Lattice:
        """The lattice of a box [2, 3] (world): `resolution` cells along its longest side, about as long as wide.

        Args:
            coarsest: cells at least, of the coarsest lattice's that is begun with, along the longest side.
        """
        sides = box[1] - box[0]
        x, y, z = (max(round(float(side / sides.max()) * resolution), FEWEST_CELLS) for side in sides)
        step = 1
        # Each cell of the coarsest lattice that reaches into the box has a corner in it.
        while resolution // (2 * step) >= coarsest and 2 * step <= min(x, y, z):
            step *= 2
        return Lattice(np.asarray(box, dtype=np.float64), (x, y, z), step)

    @property
    def spacing(self) -> Array:
        """[3] between neighbouring points, world units."""
        return np.asarray((self.box[1] - self.box[0]) / self.cells)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Points along each side, with those outside, up to a multiple of the step."""
        x, y, z = (-(-(count + 2) // self.step) * self.step + 1 for count in self.cells)
        return x, y, z

    def outside(self, points: Array) -> Array:
        """[...] bool, whether points [..., 3] lie beyond the box."""
        return np.asarray(((points < 1) | (points > np.array(self.cells) + 1)).any(axis=-1))

    def world(self, points: Array) -> Array:
        """[..., 3] places of points [..., 3], which may lie between those of the lattice; never beyond the box."""
        return np.asarray(np.clip(self.box[0] + (points - 1) * self.spacing, *self.box))

    def keys(self, points: Array) -> Array:
        """[...] int64, a number for each of points [..., 3]; they grow with x, then y, then z."""
        _, y, z = self.shape
        return np.asarray((points[..., 0] * y + points[..., 1]) * z + points[..., 2], dtype=np.int64)

    def points(self, keys: Array) -> Array:
        """[..., 3] int64 of keys [...]."""
        _, y, z = self.shape
        across, last = np.divmod(keys, z)
        return np.stack([*np.divmod(across, y), last], axis=-1)
