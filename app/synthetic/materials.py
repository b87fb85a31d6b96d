"""What surfaces look like: procedural textures in an object's own frame, and how they take the light.

Colours are (red, green, blue) as stored in pictures, sRGB in [0, 1]; the ray tracer makes them linear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engines.core.camera import Array

Colour = tuple[float, float, float]


class Texture(Protocol):
    """Colour as a function of the place."""

    def colours(self, points: Array, normals: Array) -> Array:
        """[N, 3] sRGB at points [N, 3] with normals [N, 3], both in the object's frame."""
        ...


@dataclass(frozen=True)
class Material:
    """A texture and how it shines.

    Attributes:
        gloss: strength of highlights and reflections, [0, 1].
        sharpness: exponent of the highlight.
        metal: [0, 1], how far the shine takes the texture's colour.
    """

    texture: Texture
    gloss: float = 0.35
    sharpness: float = 60.0
    metal: float = 0.0


@dataclass(frozen=True)
class Plain:
    """One colour."""

    colour: Colour

    def colours(self, points: Array, normals: Array) -> Array:
        """[N, 3] the one colour at each of points [N, 3]."""
        return np.tile(np.array(self.colour), (len(points), 1))


@dataclass(frozen=True)
class Stripes:
    """Bands of equal width across one axis of the object, in turn."""

    palette: tuple[Colour, ...]
    width: float
    axis: int = 2

    def colours(self, points: Array, normals: Array) -> Array:
        """[N, 3] colours of the bands that points [N, 3] lie in."""
        return pick(self.palette, np.floor(points[:, self.axis] / self.width))


@dataclass(frozen=True)
class Segments:
    """Wedges about z, like a beach ball; with `twist` (turns per unit of z) they wind."""

    palette: tuple[Colour, ...]
    count: int
    twist: float = 0.0

    def colours(self, points: Array, normals: Array) -> Array:
        """[N, 3] colours of the wedges that points [N, 3] lie in."""
        turns = np.arctan2(points[:, 1], points[:, 0]) / (2 * np.pi) + self.twist * points[:, 2]
        return pick(self.palette, np.floor((turns % 1.0) * self.count))


@dataclass(frozen=True)
class Checker:
    """A board of squares painted on every face: cells of a 3D lattice."""

    palette: tuple[Colour, ...]
    cell: float

    def colours(self, points: Array, normals: Array) -> Array:
        """[N, 3] colours of the cells that points [N, 3] lie in, just below a surface with normals [N, 3]."""
        # A step inwards: on a face that lies between two cells rounding would choose at random.
        cells = np.floor((points - 1e-6 * normals) / self.cell)
        return pick(self.palette, cells.sum(axis=1))


@dataclass(frozen=True)
class Dots:
    """Round spots of `radius` at `centres` [M, 3] on a ground, their colours in turn."""

    ground: Colour
    palette: tuple[Colour, ...]
    centres: tuple[tuple[float, float, float], ...]
    radius: float

    def colours(self, points: Array, normals: Array) -> Array:
        """[N, 3] colours at points [N, 3]: of the last spot that holds each, else of the ground."""
        result = np.tile(np.array(self.ground), (len(points), 1))
        for index, centre in enumerate(self.centres):
            offset = points - np.array(centre)
            result[np.einsum("ij,ij->i", offset, offset) < self.radius**2] = self.palette[index % len(self.palette)]
        return result


# Cells of the 3x3 grid on each face of a die that carry a pip, for 1 to 6.
PIPS = (
    ((0, 0),),
    ((-1, -1), (1, 1)),
    ((-1, -1), (0, 0), (1, 1)),
    ((-1, -1), (-1, 1), (1, -1), (1, 1)),
    ((-1, -1), (-1, 1), (0, 0), (1, -1), (1, 1)),
    ((-1, -1), (-1, 0), (-1, 1), (1, -1), (1, 0), (1, 1)),
)
# The number on the faces -x, +x, -y, +y, -z, +z: opposite faces of a die sum to seven.
DIE_FACES = (3, 4, 2, 5, 6, 1)


@dataclass(frozen=True)
class Die:
    """The pips of a die on a cube with edges of 2 * `half`."""

    ground: Colour
    pip: Colour
    half: float

    def colours(self, points: Array, normals: Array) -> Array:
        """[N, 3] colours at points [N, 3]; normals [N, 3] tell the faces, each with its number of pips."""
        result = np.tile(np.array(self.ground), (len(points), 1))
        axis = np.abs(normals).argmax(axis=1)
        for face, number in enumerate(DIE_FACES):
            on_face = np.flatnonzero(
                (axis == face // 2) & ((normals[np.arange(len(axis)), axis] > 0) == (face % 2 == 1))
            )
            flat = np.delete(points[on_face], face // 2, axis=1) / self.half
            for cell in PIPS[number - 1]:
                inside = ((flat - 0.5 * np.array(cell)) ** 2).sum(axis=1) < 0.17**2
                result[on_face[inside]] = self.pip
        return result


@dataclass(frozen=True)
class Rosette:
    """Bands about z: `radii` ascending, a colour for each band and one beyond; one band is cut into sectors."""

    palette: tuple[Colour, ...]
    radii: tuple[float, ...]
    sector_band: int
    sector_colour: Colour
    sectors: int

    def colours(self, points: Array, normals: Array) -> Array:
        """[N, 3] colours of the bands and sectors at points [N, 3]; no sectors where normals [N, 3] point sideways."""
        band = np.searchsorted(np.array(self.radii), np.hypot(points[:, 0], points[:, 1]))
        result = pick(self.palette, band)
        turns = np.arctan2(points[:, 1], points[:, 0]) / (2 * np.pi) % 1.0
        painted = (band == self.sector_band) & (np.floor(turns * self.sectors) % 2 == 0)
        # The side of a plinth keeps the colour of its outermost band.
        painted &= np.abs(normals[:, 2]) > 0.5
        result[painted] = self.sector_colour
        return result


def pick(palette: tuple[Colour, ...], number: Array) -> Array:
    """[N, 3] the palette's colours by whole numbers [N], in turn."""
    return np.asarray(np.array(palette)[number.astype(np.int64) % len(palette)])


def lighten(colour: Colour, amount: float) -> Colour:
    """Towards white for amount > 0, towards black below."""
    target = 1.0 if amount > 0 else 0.0
    red, green, blue = (c + (target - c) * abs(amount) for c in colour)
    return (red, green, blue)
