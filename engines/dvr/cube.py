"""Where the field stands in the world: its cube of side 1 about the origin, moved and scaled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engines.core.camera import Array
from engines.dvr.config import PADDING


@dataclass(frozen=True)
class Cube:
    """The cube that the object fills, world.

    Attributes:
        centre: its middle, world units.
        side: its side, world units, > 0.
    """

    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    side: float = 1.0

    @staticmethod
    def from_hints(hints: Mapping[str, Any]) -> Cube:
        """The cube that `to_hints` wrote; where nothing is said the world is the field's own, as in published files."""
        x, y, z = (float(value) for value in hints.get("cube_centre") or (0.0, 0.0, 0.0))
        return Cube((x, y, z), float(hints.get("cube_side") or 1.0))

    def to_hints(self) -> dict[str, Any]:
        """Hints of a `SceneInfo`."""
        return {"cube_centre": list(self.centre), "cube_side": self.side}

    def bounds(self, padding: float = PADDING) -> Array:
        """[2, 3] box, world, with half of `padding` of its side more on each side: where the surface is looked for."""
        half = self.side * (0.5 + padding / 2)
        corners: Array = np.array(self.centre) + np.array([[-half] * 3, [half] * 3])
        return corners

    def in_field(self, points: Tensor) -> Tensor:
        """Points of the world, of the shape [..., 3], in the field's coordinates: from -1/2 to 1/2 in the cube."""
        centre = torch.tensor(self.centre, dtype=points.dtype, device=points.device)
        return (points - centre) / self.side
