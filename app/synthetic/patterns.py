"""Textures for walls, floors and furniture: noise, masonry, wood, repeated motifs, house fronts, painted scenery.

Lengths are world units in the object's own frame. On a flat face u runs along the first and v along the second of the
two axes that lie in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from app.synthetic.materials import Colour, Texture, pick
from engines.core.camera import Array

Motif = Literal["disc", "diamond", "square", "flower", "star"]
MOTIFS: tuple[Motif, ...] = ("disc", "diamond", "square", "flower", "star")
LATTICE = 256
"""Random numbers come again after this many cells."""


@cache
def _table() -> Array:
    return np.random.default_rng(0).permutation(LATTICE)


def chance(*cells: Array) -> Array:
    """[N] in [0, 1), a number for each cell of a lattice by its whole coordinates, [N] each."""
    table = _table()
    found = np.zeros(len(cells[0]), dtype=np.int64)
    for coordinate in cells:
        found = table[(found + coordinate.astype(np.int64)) % LATTICE]
    return np.asarray(found / LATTICE)


def noise(points: Array) -> Array:
    """[N] in [-1, 1], smooth in points [N, 3]: numbers at the corners of unit cells, and what lies between."""
    table = _table()
    low = np.floor(points)
    part = points - low
    x, y, z = (part * part * (3 - 2 * part)).T
    column, row, layer = low.astype(np.int64).T

    def mixed(found: Array, place: Array, weight: Array, deeper: tuple[tuple[Array, Array], ...]) -> Array:
        one, other = table[(found + place) % LATTICE], table[(found + place + 1) % LATTICE]
        if deeper:
            (next_place, next_weight), *rest = deeper
            one, other = (mixed(number, next_place, next_weight, tuple(rest)) for number in (one, other))
        return np.asarray(one + weight * (other - one))

    return mixed(np.zeros_like(column), column, x, ((row, y), (layer, z))) / (LATTICE / 2) - 1


def on_face(points: Array, normals: Array) -> tuple[Array, Array]:
    """u and v, [N] each: the coordinates of points along the face that they lie on."""
    axis = np.abs(normals).argmax(axis=1)
    u = np.where(axis == 0, points[:, 1], points[:, 0])
    return u, np.where(axis == 2, points[:, 1], points[:, 2])


@dataclass(frozen=True)
class Weathered:
    """Another texture, lighter here and darker there by up to `amount`, in patches of about `size`."""

    texture: Texture
    amount: float = 0.16
    size: float = 0.06

    def colours(self, points: Array, normals: Array) -> Array:
        """[N, 3] the texture's colours at points [N, 3] with normals [N, 3], made lighter or darker."""
        change = 0.6 * noise(points / self.size) + 0.4 * noise(points * (2.7 / self.size) + 31.7)
        return np.clip(self.texture.colours(points, normals) * (1 + self.amount * change[:, None]), 0, 1)


@dataclass(frozen=True)
class Mottled:
    """Patches of several colours, of about `size`: foliage, grass, terrazzo."""

    palette: tuple[Colour, ...]
    size: float

    def colours(self, points: Array, normals: Array) -> Array:
        """[N, 3] colours of the patches that points [N, 3] lie in."""
        level = 0.5 + 0.45 * noise(points / self.size) + 0.3 * noise(points * (2.3 / self.size) + 17.3)
        return pick(self.palette, np.floor(np.clip(level, 0, 0.999) * len(self.palette)))


@dataclass(frozen=True)
class Veined:
    """Marble: thin veins, `size` apart."""

    ground: Colour
    vein: Colour
    size: float

    def colours(self, points: Array, normals: Array) -> Array:
        """[N, 3] colours at points [N, 3], from the ground's to the vein's."""
        flow = noise(points / self.size) + 0.5 * noise(points * (2.1 / self.size) + 9.1)
        share = np.clip(1 - 5 * np.abs(flow), 0, 1)[:, None] * 0.8
        return np.asarray(np.array(self.ground) * (1 - share) + np.array(self.vein) * share)


@dataclass(frozen=True)
class Bricks:
    """Courses of bricks, each of a colour of its own, set in mortar `joint` wide."""

    palette: tuple[Colour, ...]
    mortar: Colour
    length: float
    height: float
    joint: float

    def colours(self, points: Array, normals: Array) -> Array:
        """[N, 3] colours of bricks and mortar at points [N, 3] of faces with normals [N, 3]."""
        u, v = on_face(points, normals)
        course = np.floor(v / self.height)
        along = u / self.length + 0.5 * (course % 2)
        brick = np.floor(along)
        luck = chance(brick, course)
        result = pick(self.palette, np.floor(luck * len(self.palette))) * (0.86 + 0.28 * chance(course, brick))[:, None]
        result[_near_edge(along - brick, self.length, self.joint)] = self.mortar
        result[_near_edge(v / self.height - course, self.height, self.joint)] = self.mortar
        return np.clip(result, 0, 1)


@dataclass(frozen=True)
class Planks:
    """Boards that run along u, or with `upright` along v, with grain and dark gaps."""

    palette: tuple[Colour, ...]
    width: float
    length: float
    gap: float = 0.006
    upright: bool = False

    def colours(self, points: Array, normals: Array) -> Array:
        """[N, 3] colours of the boards at points [N, 3] of faces with normals [N, 3], with grain and dark gaps."""
        u, v = on_face(points, normals)
        if self.upright:
            u, v = v, u
        board = np.floor(v / self.width)
        along = u / self.length + chance(board)
        piece = np.floor(along)
        luck = chance(board, piece)
        grain = noise(np.stack([5 * u + 40 * luck, v * (5 / self.width), 9 * luck], axis=1))
        result = pick(self.palette, np.floor(luck * len(self.palette))) * (1 + 0.13 * grain)[:, None]
        dark = _near_edge(v / self.width - board, self.width, self.gap)
        dark |= _near_edge(along - piece, self.length, self.gap)
        result[dark] *= 0.55
        return np.clip(result, 0, 1)


@dataclass(frozen=True)
class Motifs:
    """Figures in a grid of cells on a ground: bands of the palette's colours, from a cell's middle to `reach` of it."""

    ground: Texture
    palette: tuple[Colour, ...]
    cell: float
    motif: Motif
    reach: float = 0.8
    staggered: bool = True

    def colours(self, points: Array, normals: Array) -> Array:
        """[N, 3] colours at points [N, 3] of faces with normals [N, 3]: of a motif, else of the ground."""
        u, v = on_face(points, normals)
        row = np.floor(v / self.cell)
        along = u / self.cell + (0.5 * (row % 2) if self.staggered else 0)
        a, b = 2 * (along - np.floor(along)) - 1, 2 * (v / self.cell - row) - 1
        level = np.floor(_from_middle(self.motif, a, b) / self.reach * len(self.palette))
        result = np.array(self.ground.colours(points, normals))
        inside = level < len(self.palette)
        result[inside] = pick(self.palette, level[inside])
        return result


@dataclass(frozen=True)
class Spines:
    """A row of books: `edges` ascending are where one ends and the next begins; two bands across each."""

    palette: tuple[Colour, ...]
    edges: tuple[float, ...]
    height: float

    def colours(self, points: Array, normals: Array) -> Array:
        """[N, 3] colours of the books at points [N, 3] of faces with normals [N, 3]."""
        u, v = on_face(points, normals)
        edges = np.array(self.edges)
        book = np.clip(np.searchsorted(edges, u), 1, len(edges) - 1)
        across = (u - edges[book - 1]) / (edges[book] - edges[book - 1])
        luck = chance(book, book + 3)
        result = pick(self.palette, np.floor(luck * 97))
        band = np.abs(np.abs(v) / self.height - 0.25 - 0.1 * chance(book)) < 0.03
        result[band] = 0.35 * result[band] + 0.6
        # Rounded backs: dark where two books meet.
        return np.asarray(np.clip(result * (1.05 - 0.6 * np.abs(2 * across - 1) ** 4)[:, None], 0, 1))


@dataclass(frozen=True)
class Mosaic:
    """Each point of a face has the colour of the nearest of `centres` (u, v)."""

    palette: tuple[Colour, ...]
    centres: tuple[tuple[float, float], ...]

    def colours(self, points: Array, normals: Array) -> Array:
        """[N, 3] colours of the centres that are nearest to points [N, 3] of faces with normals [N, 3]."""
        u, v = on_face(points, normals)
        nearest, number = np.full(len(u), np.inf), np.zeros(len(u))
        for index, centre in enumerate(self.centres):
            square = (u - centre[0]) ** 2 + (v - centre[1]) ** 2
            number[square < nearest] = index
            nearest = np.minimum(nearest, square)
        return pick(self.palette, number)


@dataclass(frozen=True)
class Facade:
    """A house front: a window in each cell (width, height) of a wall, some of them lit; plain on top.

    Attributes:
        corner: (u, v) where a cell begins.
    """

    wall: Texture
    frame: Colour
    glass: Colour
    cell: tuple[float, float]
    corner: tuple[float, float]

    def colours(self, points: Array, normals: Array) -> Array:
        """[N, 3] colours of panes, frames and wall at points [N, 3] of faces with normals [N, 3]."""
        u, v = on_face(points, normals)
        result = np.array(self.wall.colours(points, normals))
        across, up = (u - self.corner[0]) / self.cell[0], (v - self.corner[1]) / self.cell[1]
        column, floor = np.floor(across), np.floor(up)
        a, b = np.abs(across - column - 0.5), np.abs(up - floor - 0.5)
        side = np.abs(normals[:, 2]) < 0.5
        lit = (chance(column, floor) < 0.3)[:, None]
        shine = 0.85 + 0.3 * noise(np.stack([7 * u + 5 * v, 6 * v - 3 * u, column], axis=1))[:, None]
        pane = np.clip(np.where(lit, (0.98, 0.84, 0.52), self.glass) * shine, 0, 1)
        frame = side & (a < 0.32) & (b < 0.34)
        glass = frame & (a < 0.26) & (b < 0.28) & (a > 0.02) & (np.abs(up - floor - 0.58) > 0.015)
        result[frame] = self.frame
        result[glass] = pane[glass]
        sill = side & (a < 0.36) & (np.abs(up - floor - 0.13) < 0.03)
        result[sill] = 0.7 * np.array(self.frame)
        return result


@dataclass(frozen=True)
class Scenery:
    """A painted backdrop, z upwards: hills one behind the other up to about `horizon`, above them sky with clouds."""

    sky: tuple[Colour, Colour]
    hills: tuple[Colour, ...]
    horizon: float
    height: float

    def colours(self, points: Array, normals: Array) -> Array:
        """[N, 3] colours of sky, clouds and hills at points [N, 3]."""
        x, _, z = points.T
        up = np.clip((z - self.horizon) / (self.height - self.horizon), 0, 1)[:, None]
        result = np.array(self.sky[0]) * (1 - up) + np.array(self.sky[1]) * up
        flat = np.stack([x, 2.2 * z, np.zeros_like(x)], axis=1)
        puffs = 0.6 * noise(1.6 * flat) + 0.3 * noise(4.1 * flat) + 0.15 * noise(9.3 * flat)
        cloud = np.clip(2.2 * puffs, 0, 0.95)[:, None]
        result = result * (1 - cloud) + cloud * np.array((0.99, 0.98, 0.96))
        for number, colour in enumerate(self.hills):
            ridge = np.stack([(0.9 + 0.5 * number) * x + 13 * number, np.full_like(x, 7.7 * number), 0 * x], axis=1)
            top = self.horizon * (1 - 0.3 * number) + 0.28 * noise(ridge) + 0.05 * noise(6 * ridge)
            below = z < top
            trees = 1 + 0.16 * noise(14 * points[below]) + 0.12 * noise(37 * points[below])
            result[below] = np.array(colour) * trees[:, None]
        return np.asarray(np.clip(result, 0, 1))


def _near_edge(part: Array, size: float, gap: float) -> Array:
    """[N] bool, within gap / 2 of either end of a cell of `size`; `part` [N] in [0, 1) is where in the cell."""
    return np.asarray(np.minimum(part, 1 - part) * size < gap / 2)


def _from_middle(motif: Motif, a: Array, b: Array) -> Array:
    """[N] how far a point (a, b) of the cell [-1, 1]^2 is from its middle, in the figure's own measure."""
    if motif == "diamond":
        return np.abs(a) + np.abs(b)
    if motif == "square":
        return np.maximum(np.abs(a), np.abs(b))
    across = np.hypot(a, b)
    if motif == "disc":
        return across
    petals = 6 if motif == "flower" else 4
    sharp = 0.3 if motif == "flower" else 0.42
    return np.asarray(across / (1 - sharp + sharp * np.cos(petals * np.arctan2(b, a))))
