"""A scene as data: shapes with a pose and a material, lights, and the sky they stand under."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from app.synthetic.materials import Colour, Material
from app.synthetic.shapes import Shape
from engines.core.camera import Array

BALL_RADIUS = 0.48
"""A still life or a car stays within this of the origin, world units."""


@dataclass(frozen=True, eq=False)
class Solid:
    """One object.

    Attributes:
        name: for people.
        object_to_world: [4, 4] float64, rigid.
    """

    name: str
    shape: Shape
    material: Material
    object_to_world: Array

    @property
    def rotation(self) -> Array:
        """[3, 3] object axes in the world."""
        return self.object_to_world[:3, :3]

    @property
    def centre(self) -> Array:
        """[3] world."""
        return self.object_to_world[:3, 3]

    def to_object(self, points: Array) -> Array:
        """[N, 3] world points in the object's frame."""
        return np.asarray((points - self.centre) @ self.rotation)


@dataclass(frozen=True)
class Light:
    """A distant lamp.

    Attributes:
        towards: direction to it, any length.
        colour: linear, may exceed 1.
        spread: the sine of its half width as seen from the scene; samples of one pixel look at different parts of it.
        casts_shadows: a fill light does not.
    """

    towards: tuple[float, float, float]
    colour: Colour
    spread: float = 0.0
    casts_shadows: bool = True


STUDIO = (
    Light((-0.45, -0.62, 1.0), (0.88, 0.83, 0.75), spread=0.035),
    Light((0.9, 0.35, 0.45), (0.14, 0.15, 0.18), casts_shadows=False),
)
"""A warm key light from the upper left front, and a cool one that only fills."""


@dataclass(frozen=True)
class SyntheticScene:
    """Solids, lamps, and light from all around (linear): `sky` from above, `ground` from below.

    Attributes:
        background: where a ray meets nothing.
        crevice: how many times farther than in a still life things darken what is beside them.
    """

    solids: tuple[Solid, ...]
    lights: tuple[Light, ...] = STUDIO
    sky: Colour = (0.42, 0.45, 0.50)
    ground: Colour = (0.25, 0.235, 0.22)
    background: Colour = (1.0, 1.0, 1.0)
    crevice: float = 1.0


def moved(solids: Iterable[Solid], pose: Array) -> tuple[Solid, ...]:
    """Solids that stand together, as one taken to `pose` [4, 4]."""
    return tuple(Solid(s.name, s.shape, s.material, pose @ s.object_to_world) for s in solids)


def placed(position: tuple[float, float, float], turn_deg: float = 0.0, tilt_deg: float = 0.0) -> Array:
    """[4, 4] object_to_world: tilted about the object's x, then turned about z, then moved."""
    turn, tilt = np.radians(turn_deg), np.radians(tilt_deg)
    about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    pose = np.eye(4)
    pose[:3, :3] = about_z @ about_x
    pose[:3, 3] = position
    return pose
