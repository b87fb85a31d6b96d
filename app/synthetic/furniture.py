"""Still things of a room and of a hall: each stands about (0, 0) on z = 0, facing -y.

Low ones stay below `LOW` and within 0.27 of their axis, tall ones below 1.85 and within 0.52.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from app.synthetic.materials import Checker, Dots, Plain, Rosette, Segments, Stripes, Texture, lighten
from app.synthetic.patterns import Mosaic, Motifs, Mottled, Planks, Spines, Veined, Weathered
from app.synthetic.scene import Solid, moved, placed
from app.synthetic.scheme import INK, IVORY, Scheme, put, some_motif
from app.synthetic.shapes import Box, Cone, Sphere, Torus, cylinder

LOW = 0.62

Rng = np.random.Generator
Solids = tuple[Solid, ...]
Maker = Callable[[Rng, Scheme], Solids]


def crate(rng: Rng, scheme: Scheme) -> Solids:
    """Wooden, with a frame on each face."""
    half, bar = float(rng.uniform(0.13, 0.17)), 0.022
    boards = Planks(scheme.woods, half / 2.5, 3 * half, 0.008)
    frame = Weathered(Plain(lighten(scheme.woods[1], -0.25)), 0.25, 0.03)
    solids = [put("crate", Box((half, half, half)), boards, (0, 0, half + bar))]
    for x in (-1, 1):
        for y in (-1, 1):
            solids.append(put("post", Box((bar, bar, half + bar)), frame, (x * half, y * half, half + bar)))
    for z in (bar, 2 * half + bar):
        for turn in range(4):
            x, y = half * np.cos(turn * np.pi / 2), half * np.sin(turn * np.pi / 2)
            solids.append(put("bar", Box((bar, half, bar)), frame, (x, y, z), 90 * turn))
    return tuple(solids)


def ottoman(rng: Rng, scheme: Scheme) -> Solids:
    """A round stool covered in stripes."""
    radius, height = float(rng.uniform(0.17, 0.22)), float(rng.uniform(0.22, 0.30))
    cloth = Segments(scheme.pair(rng), int(rng.choice([16, 20, 24])))
    top = Rosette((*scheme.pair(rng), IVORY), (radius * 0.35, radius * 0.7), 1, scheme.accent(rng), 16)
    return (
        put("stool", cylinder(radius, height), Weathered(cloth), (0, 0, height / 2)),
        put("cushion", cylinder(radius * 0.94, 0.05), Weathered(top), (0, 0, height + 0.025)),
        put("piping", Torus(radius * 0.94, 0.018), Plain(scheme.trim), (0, 0, height + 0.012)),
    )


def blocks(rng: Rng, scheme: Scheme) -> Solids:
    """A tower of toy blocks, each turned a little."""
    solids, floor = [], 0.0
    for half in (0.12, 0.095, 0.07):
        one, other = scheme.pair(rng)
        ground = Weathered(Plain(one))
        pattern: Texture = Motifs(ground, (IVORY, other), half, some_motif(rng), 0.75, staggered=False)
        if rng.uniform() < 0.35:
            pattern = Checker((one, IVORY), half / 2)
        turn = float(rng.uniform(-35, 35))
        solids.append(put("block", Box((half, half, half), 0.012), pattern, (0, 0, floor + half), turn))
        floor += 2 * half
    return tuple(solids)


def vase(rng: Rng, scheme: Scheme) -> Solids:
    """On a low stool, with flowers."""
    top = float(rng.uniform(0.12, 0.18))
    one, other = scheme.pair(rng)
    glaze = Stripes((one, IVORY, other, IVORY, one), 0.022)
    wood = Planks(scheme.woods, 0.05, 0.5)
    solids = [
        put("stool top", cylinder(0.17, 0.03), wood, (0, 0, top)),
        put("stool leg", Cone(0.11, 0.05, top - 0.015), wood, (0, 0, (top - 0.015) / 2)),
        put("belly", Cone(0.05, 0.095, 0.12), glaze, (0, 0, top + 0.075), gloss=0.6),
        put("shoulder", Cone(0.095, 0.04, 0.08), glaze, (0, 0, top + 0.175), gloss=0.6),
    ]
    for number in range(5):
        angle, lean = 2 * np.pi * number / 5 + rng.uniform(-0.3, 0.3), float(rng.uniform(0.03, 0.09))
        x, y, z = lean * np.cos(angle), lean * np.sin(angle), top + float(rng.uniform(0.27, 0.36))
        petals = Segments((scheme.accent(rng), IVORY), 12)
        solids.append(put("flower", Sphere(0.042), petals, (x, y, z), tilt_deg=40))
        leaf = Mottled(((0.2, 0.45, 0.2), (0.35, 0.6, 0.25)), 0.02)
        solids.append(put("stalk", Cone(0.006, 0.012, z - top - 0.2), leaf, (x * 0.6, y * 0.6, (z + top + 0.2) / 2)))
    return tuple(solids)


def pot_plant(rng: Rng, scheme: Scheme) -> Solids:
    """A bush in a pot."""
    clay = Stripes((scheme.accent(rng), IVORY), 0.03)
    solids = [put("pot", Cone(0.09, 0.13, 0.18), Weathered(clay), (0, 0, 0.09))]
    green = float(rng.uniform(0.35, 0.6))
    leaves = Mottled(((0.10, green * 0.6, 0.16), (0.22, green, 0.2), (0.45, 0.3 + green, 0.25)), 0.028)
    for number in range(6):
        angle, out = 2 * np.pi * number / 6 + rng.uniform(-0.3, 0.3), float(rng.uniform(0.05, 0.10))
        radius = float(rng.uniform(0.085, 0.12))
        place = (out * np.cos(angle), out * np.sin(angle), 0.26 + float(rng.uniform(0, 0.17)))
        solids.append(put("leaves", Sphere(radius), leaves, place, gloss=0.1))
    return tuple(solids)


def pedestal(rng: Rng, scheme: Scheme) -> Solids:
    """Marble, with a sculpture."""
    height, half = float(rng.uniform(0.20, 0.28)), 0.14
    marble = Veined(lighten(scheme.stone, 0.45), scheme.trim, 0.12)
    one, other = scheme.pair(rng)
    solids = [
        put("foot", Box((half, half, 0.02)), marble, (0, 0, 0.02)),
        put("shaft", Box((half * 0.82, half * 0.82, height / 2 - 0.02)), marble, (0, 0, height / 2)),
        put("plate", Box((half, half, 0.02)), marble, (0, 0, height)),
    ]
    top = height + 0.02
    kind = int(rng.integers(3))
    if kind == 0:
        rings = Segments((one, IVORY, other, IVORY), 16)
        solids.append(put("ring", Torus(0.105, 0.045), rings, (0, 0, top + 0.15), float(rng.uniform(-40, 40)), 90))
    elif kind == 1:
        solids.append(put("spiral", Cone(0.11, 0.0, 0.30), Segments((one, IVORY), 2, 9.0), (0, 0, top + 0.15)))
    else:
        dots = Dots(one, (IVORY, other), _on_sphere(0.13, 40), 0.022)
        solids.append(put("globe", Sphere(0.13), dots, (0, 0, top + 0.13), gloss=0.6))
    return tuple(solids)


def bookshelf(rng: Rng, scheme: Scheme) -> Solids:
    """A bookshelf with books on every shelf."""
    width, depth, height, board = float(rng.uniform(0.36, 0.47)), 0.13, float(rng.uniform(1.15, 1.6)), 0.018
    wood = Planks(scheme.woods, 0.07, 0.9)
    solids = [put("back", Box((width, 0.012, height / 2)), wood, (0, depth, height / 2))]
    for side in (-1, 1):
        solids.append(put("side", Box((board, depth, height / 2)), wood, (side * width, 0, height / 2)))
    shelves = int(rng.integers(4, 6))
    step = (height - 2 * board) / shelves
    for number in range(shelves + 1):
        solids.append(put("shelf", Box((width, depth, board)), wood, (0, 0, board + number * step)))
    for number in range(shelves):
        tall, reach = (step - 2 * board) * float(rng.uniform(0.7, 0.9)), width * float(rng.uniform(0.75, 0.95))
        edges = np.cumsum(rng.uniform(0.03, 0.065, 40)) - width
        spines = Spines((*scheme.accents, scheme.trim, IVORY), tuple(edges.tolist()), tall)
        place = (reach - width + board, 0.01, 2 * board + number * step + tall / 2)
        solids.append(put("books", Box((reach - board, depth - 0.04, tall / 2)), spines, place))
    return tuple(solids)


def armchair(rng: Rng, scheme: Scheme) -> Solids:
    """Covered in a pattern."""
    one, other = scheme.pair(rng)
    cloth = Motifs(
        Weathered(Plain(one), 0.2, 0.03), (other, IVORY), float(rng.uniform(0.09, 0.13)), some_motif(rng), 0.6
    )
    plain = Weathered(Stripes((one, lighten(one, -0.25)), 0.03, axis=0), 0.15, 0.03)
    solids = [
        put("seat", Box((0.27, 0.25, 0.15), 0.04), cloth, (0, 0, 0.19)),
        put("back", Box((0.33, 0.08, 0.40), 0.06), cloth, (0, 0.22, 0.44)),
    ]
    for side in (-1, 1):
        solids.append(put("arm", Box((0.07, 0.27, 0.24), 0.05), plain, (side * 0.32, 0, 0.27)))
    cushion = Motifs(Plain(other), (IVORY, one), 0.08, some_motif(rng))
    solids.append(put("cushion", Box((0.15, 0.05, 0.13), 0.045), cushion, (0.03, 0.08, 0.46), 8, -15))
    return tuple(solids)


def cabinet(rng: Rng, scheme: Scheme) -> Solids:
    """Drawers, and a vase or plant on top."""
    width, height = float(rng.uniform(0.32, 0.45)), float(rng.uniform(0.5, 0.75))
    wood = Planks(scheme.woods, 0.11, 1.2)
    front = Weathered(Motifs(Plain(scheme.accent(rng)), (IVORY, scheme.trim), 0.11, some_motif(rng)), 0.1)
    solids = [put("cabinet", Box((width, 0.18, height / 2)), wood, (0, 0, height / 2))]
    for row in range(3):
        z = height * (row + 0.5) / 3
        solids.append(put("drawer", Box((width * 0.9, 0.015, height / 7)), front, (0, -0.18, z)))
        for side in (-1, 1):
            solids.append(put("knob", Sphere(0.018), Plain(INK), (side * width * 0.5, -0.205, z), gloss=0.7))
    on_top = pot_plant(rng, scheme) if rng.uniform() < 0.5 else blocks(rng, scheme)
    return (*solids, *moved(on_top, placed((float(rng.uniform(-0.1, 0.1)), 0, height))))


def floor_lamp(rng: Rng, scheme: Scheme) -> Solids:
    """A tall one with a striped shade."""
    height = float(rng.uniform(1.15, 1.5))
    shade = Segments((scheme.accent(rng), IVORY), int(rng.choice([12, 18, 24])))
    rod = Stripes((INK, lighten(INK, 0.35)), 0.09)
    return (
        put("lamp foot", Cone(0.17, 0.12, 0.05), Weathered(Plain(scheme.trim)), (0, 0, 0.025)),
        put("lamp rod", cylinder(0.018, height), rod, (0, 0, height / 2)),
        put("shade", Cone(0.24, 0.14, 0.28), Weathered(shade, 0.1), (0, 0, height + 0.05)),
    )


def column(rng: Rng, scheme: Scheme) -> Solids:
    """Twisted or fluted, from the floor to beyond the picture."""
    radius, height = float(rng.uniform(0.12, 0.17)), 3.4
    one = scheme.accent(rng)
    marble = Veined(lighten(scheme.stone, 0.4), scheme.trim, 0.15)
    twist = float(rng.choice([-0.55, 0.55, 0.0]))
    shaft = Segments((lighten(one, 0.35), IVORY), 10, twist) if rng.uniform() < 0.6 else marble
    return (
        put("base", Box((radius * 1.5, radius * 1.5, 0.05)), marble, (0, 0, 0.05)),
        put("swell", Torus(radius, 0.045), marble, (0, 0, 0.13)),
        put("shaft", cylinder(radius, height), Weathered(shaft, 0.1), (0, 0, height / 2 + 0.1)),
    )


def amphora(rng: Rng, scheme: Scheme) -> Solids:
    """A large jar with painted bands."""
    one, other = scheme.pair(rng)
    bands = Weathered(Stripes((one, INK, other, IVORY, one, IVORY), 0.035), 0.12, 0.03)
    tall = float(rng.uniform(0.9, 1.15))
    parts = ((0.09, 0.24, 0.42), (0.24, 0.27, 0.16), (0.27, 0.11, 0.26), (0.11, 0.15, 0.16))
    solids, floor = [put("stand", cylinder(0.2, 0.12), Veined(scheme.stone, INK, 0.1), (0, 0, 0.06))], 0.12
    for bottom, top, height in parts:
        height *= tall
        solids.append(put("jar", Cone(bottom, top, height), bands, (0, 0, floor + height / 2), gloss=0.5))
        floor += height
    return tuple(solids)


def screen(rng: Rng, scheme: Scheme) -> Solids:
    """A folding screen of three painted panels."""
    height = float(rng.uniform(1.1, 1.5))
    solids = []
    for number, turn in enumerate((18.0, -18.0, 18.0)):
        centres = np.stack([rng.uniform(-0.16, 0.16, 14), rng.uniform(-height / 2, height / 2, 14)], axis=1)
        painted = Weathered(Mosaic((*scheme.accents, IVORY), tuple(map(tuple, centres.tolist()))), 0.15, 0.04)
        place = (0.30 * (number - 1), 0.0, height / 2)
        solids.append(put("panel", Box((0.155, 0.012, height / 2)), painted, place, turn))
    return tuple(solids)


def arch(rng: Rng, scheme: Scheme) -> Solids:
    """Two posts of striped stone and what they carry."""
    height, half = float(rng.uniform(1.0, 1.4)), 0.36
    courses = Weathered(Stripes((lighten(scheme.accent(rng), 0.3), IVORY), 0.1), 0.14)
    frieze = Motifs(Weathered(Plain(scheme.trim)), (IVORY, scheme.accent(rng)), 0.14, some_motif(rng), staggered=False)
    solids = [put("post", Box((0.1, 0.12, height / 2)), courses, (x, 0, height / 2)) for x in (-half, half)]
    solids.append(put("lintel", Box((half + 0.14, 0.14, 0.09)), frieze, (0, 0, height + 0.09)))
    solids.append(put("finial", Sphere(0.09), Segments(scheme.pair(rng), 10), (0, 0, height + 0.26), gloss=0.6))
    return tuple(solids)


def obelisk(rng: Rng, scheme: Scheme) -> Solids:
    """A slender cone on steps."""
    stone = Veined(lighten(scheme.accent(rng), 0.35), scheme.trim, 0.13)
    carved = Motifs(stone, (scheme.trim, IVORY), 0.11, some_motif(rng), 0.6)
    height = float(rng.uniform(0.9, 1.3))
    return (
        put("step", Box((0.26, 0.26, 0.06)), stone, (0, 0, 0.06)),
        put("step", Box((0.19, 0.19, 0.06)), carved, (0, 0, 0.18)),
        put("obelisk", Cone(0.14, 0.05, height), carved, (0, 0, 0.24 + height / 2)),
        put("tip", Sphere(0.075), Segments(scheme.pair(rng), 8), (0, 0, 0.28 + height), gloss=0.6),
    )


def ball_pyramid(rng: Rng, scheme: Scheme) -> Solids:
    """Three balls and one on top."""
    radius = 0.11
    solids = []
    # Touching balls: their centres are the corners of a tetrahedron.
    corners = [
        (2 / np.sqrt(3) * np.cos(a), 2 / np.sqrt(3) * np.sin(a), 1.0) for a in 2 * np.pi * np.arange(3) / 3 + 0.5
    ]
    for x, y, z in (*corners, (0.0, 0.0, 1 + np.sqrt(8 / 3))):
        one, other = scheme.pair(rng)
        pattern: Texture = Segments((one, IVORY, other), 9)
        if rng.uniform() < 0.5:
            pattern = Dots(one, (IVORY, other), _on_sphere(radius, 30), 0.022)
        place = (x * radius, y * radius, z * radius)
        solids.append(put("ball", Sphere(radius), Weathered(pattern, 0.1), place, 40 * z, 50, 0.6))
    return tuple(solids)


def _on_sphere(radius: float, count: int) -> tuple[tuple[float, float, float], ...]:
    """Evenly spread places (a Fibonacci lattice)."""
    z = 1 - (2 * np.arange(count) + 1) / count
    angle = np.pi * (3 - np.sqrt(5)) * np.arange(count)
    across = np.sqrt(1 - z * z)
    places = radius * np.stack([across * np.cos(angle), across * np.sin(angle), z], axis=1)
    return tuple((float(x), float(y), float(z)) for x, y, z in places)


ROOM_LOW: tuple[Maker, ...] = (crate, ottoman, blocks, vase, pot_plant, ball_pyramid)
ROOM_TALL: tuple[Maker, ...] = (bookshelf, armchair, cabinet, floor_lamp, screen, armchair)
HALL_LOW: tuple[Maker, ...] = (pedestal, pedestal, pot_plant, ball_pyramid, vase)
HALL_TALL: tuple[Maker, ...] = (column, column, amphora, arch, obelisk, screen, bookshelf)
