"""Fields whose surface is known, as scenes and without."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from app.mesh.field import SurfaceField
from engines.core.camera import Array
from engines.core.engine import ImplicitSurface, never_stop
from tests.app.ball_scene import BallScene

UNIT = np.array([[-1.0, -1, -1], [1, 1, 1]])
Distances = Callable[[Tensor], Tensor]


class Analytic:
    """Implements `ImplicitSurface`; colours are places, from black at the box's low corner to white at its high one."""

    def __init__(self, values: Distances, bounds: Array = UNIT) -> None:
        self.device, self.bounds, self._values = torch.device("cpu"), np.asarray(bounds, dtype=np.float64), values
        self.asked = 0

    def values(self, points: Tensor) -> Tensor:
        """Of the function; beyond the box nothing may be asked."""
        low, high = (torch.from_numpy(corner).float() for corner in self.bounds)
        assert ((points >= low - 1e-6) & (points <= high + 1e-6)).all()
        self.asked += len(points)
        return self._values(points).float()

    def colours(self, points: Tensor) -> Tensor:
        """By place."""
        low, high = (torch.from_numpy(corner).float() for corner in self.bounds)
        return ((points - low) / (high - low)).clamp(0, 1)


def field(surface: ImplicitSurface, box: Array | None = None) -> SurfaceField:
    """As a mesh is made of it."""
    return SurfaceField(surface, "analytic", never_stop, box)


def ball(centre: tuple[float, float, float] = (0.0, 0, 0), radius: float = 0.7) -> Distances:
    return lambda points: radius - (points - torch.tensor(centre)).norm(dim=1)


def torus(points: Tensor) -> Tensor:
    return 0.2 - torch.hypot(points[:, :2].norm(dim=1) - 0.6, points[:, 2])


def block(half: tuple[float, float, float], centre: tuple[float, float, float] = (0.0, 0, 0)) -> Distances:
    """A box by its greatest distance along an axis; its edges are sharp."""
    return lambda points: -((points - torch.tensor(centre)).abs() - torch.tensor(half)).amax(dim=1)


def turned_block(points: Tensor) -> Tensor:
    """A cube whose edges no lattice follows."""
    turn = torch.tensor([[0.8, 0.6, 0], [-0.48, 0.64, 0.6], [0.36, -0.48, 0.8]])
    return block((0.5, 0.5, 0.5))(points @ turn)


def both(first: Distances, second: Distances) -> Distances:
    return lambda points: torch.maximum(first(points), second(points))


def logits(points: Tensor) -> Tensor:
    """The torus as networks know it: steep at the surface, flat and uneven elsewhere."""
    return 10 * torch.tanh(20 * torus(points)) + 0.1 * torch.sin(9 * points).sum(dim=1)


def waves(points: Tensor) -> Tensor:
    """Much surface, which the box cuts all around."""
    x, y, z = points.unbind(1)
    return torch.sin(9 * x) * torch.cos(8 * y) + torch.sin(7 * z + 3 * x) + 0.2


class SurfaceScene(BallScene):
    """A ball that is a surface, too; `asked_for` lists the controls that its surface was asked for with."""

    def __init__(self, values: Distances | None = None, bounds: Array = UNIT, **changes: Any) -> None:
        super().__init__(**changes)
        self.assumptions = ()
        self.asked = Analytic(ball() if values is None else values, bounds)
        self.asked_for: list[dict[str, float]] = []

    def surface(self, controls: Mapping[str, float]) -> ImplicitSurface:
        """The field."""
        self.asked_for.append(dict(controls))
        return self.asked
