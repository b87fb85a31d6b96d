"""Where a recording is taken: a room, a street or a hall with everything in it that stays still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.synthetic.furniture import HALL_LOW, HALL_TALL, ROOM_LOW, ROOM_TALL, Maker, Rng, Solids
from app.synthetic.materials import Colour, Plain, Rosette, Stripes, Texture, lighten
from app.synthetic.patterns import Bricks, Mosaic, Motifs, Mottled, Planks, Scenery, Veined, Weathered
from app.synthetic.scene import Light, Solid, moved, placed
from app.synthetic.scheme import IVORY, Scheme, put, some_motif
from app.synthetic.shapes import Box, cylinder
from app.synthetic.street import STREET_LOW, STREET_TALL, house

HALF_WIDTH = 6.0
"""Of floors and walls: beyond what any camera sees."""
WALL = 2.4
"""Half of a wall's height."""


@dataclass(frozen=True)
class StageDepths:
    """Depths (y) of what stands and moves; the cameras look along +y.

    Attributes:
        front: low things at the picture's edges.
        front_lane, back_lane: kept free for what moves.
        middle: low things between the lanes.
        back: tall things.
        wall: behind everything.
    """

    front: float
    front_lane: float
    middle: float
    back_lane: float
    back: float
    wall: float


@dataclass(frozen=True)
class Stage:
    """What stays still, and the light.

    Attributes:
        free: x of the place in the middle row that nothing stands on.
    """

    kind: str
    plan: StageDepths
    solids: Solids
    lights: tuple[Light, ...]
    sky: Colour
    ground: Colour
    free: float


KINDS = ("room", "street", "hall")
_THINGS: dict[str, tuple[tuple[Maker, ...], tuple[Maker, ...]]] = {
    "room": (ROOM_LOW, ROOM_TALL),
    "street": (STREET_LOW, STREET_TALL),
    "hall": (HALL_LOW, HALL_TALL),
}
# From the tall things to the wall.
_DEPTH = {"room": (0.5, 1.4), "street": (2.4, 3.4), "hall": (0.9, 2.2)}


def stage(kind: str, rng: Rng, scheme: Scheme) -> Stage:
    """One of `KINDS`, furnished by chance."""
    front_lane = float(rng.uniform(-1.05, -0.85))
    middle = front_lane + float(rng.uniform(0.78, 0.88))
    back_lane = middle + float(rng.uniform(0.72, 1.0))
    back = back_lane + float(rng.uniform(0.82, 1.5))
    plan = StageDepths(front_lane - 0.55, front_lane, middle, back_lane, back, back + float(rng.uniform(*_DEPTH[kind])))
    low, tall = _THINGS[kind]
    places = [x + float(rng.uniform(-0.1, 0.1)) for x in (-0.8, 0.0, 0.8)]
    free = places.pop(int(rng.integers(3)))
    corners = [side * float(rng.uniform(1.0, 1.12)) for side in rng.permutation([-1, 1])]
    solids = (
        *{"room": _room, "street": _street, "hall": _hall}[kind](rng, scheme, plan),
        *_row(rng, scheme, low, places, plan.middle, 0.03),
        *_row(rng, scheme, tall, [x for x in (-1.75, -0.6, 0.6, 1.75) if rng.uniform() < 0.85], plan.back, 0.06),
        *_row(rng, scheme, low, corners[: int(rng.integers(1, 3))], plan.front, 0.02),
    )
    return Stage(kind, plan, solids, *_light(rng, kind), free)


def _row(
    rng: Rng, scheme: Scheme, makers: Sequence[Maker], places: Sequence[float], y: float, play: float
) -> list[Solid]:
    """Things side by side, as different as there are; `play` is how far off their places they may be."""
    order = rng.permutation(len(makers))
    solids: list[Solid] = []
    for number, x in enumerate(places):
        thing = makers[order[number % len(order)]](rng, scheme)
        at = (x + float(rng.uniform(-play, play)), y + float(rng.uniform(-play, play)), 0.0)
        solids += moved(thing, placed(at, float(rng.uniform(-9, 9))))
    return solids


def _light(rng: Rng, kind: str) -> tuple[tuple[Light, ...], Colour, Colour]:
    """A key lamp from the upper left or right, a weak fill, and what comes from all around."""
    side = float(rng.choice([-1.0, 1.0]))
    warm = float(rng.uniform(-0.06, 0.08))
    key = (0.86 + warm, 0.82, 0.76 - warm)
    towards = (side * float(rng.uniform(0.35, 0.75)), -float(rng.uniform(0.55, 0.9)), float(rng.uniform(0.95, 1.25)))
    lights = (
        Light(towards, key, spread=0.02),
        Light((-side, -0.5, 0.6), (0.12, 0.13, 0.15), casts_shadows=False),
    )
    if kind == "street":
        return lights, (0.36, 0.42, 0.52), (0.22, 0.21, 0.20)
    return lights, (0.40, 0.40, 0.41), (0.27, 0.25, 0.23)


def _flat(name: str, texture: Texture, x: tuple[float, float], y: tuple[float, float], thick: float) -> Solid:
    """A sheet on the ground."""
    half = ((x[1] - x[0]) / 2, (y[1] - y[0]) / 2, thick / 2)
    return put(name, Box(half), texture, ((x[0] + x[1]) / 2, (y[0] + y[1]) / 2, thick / 2))


def _floor(texture: Texture, wall: float) -> Solid:
    return put("floor", Box((HALF_WIDTH, (wall + 4) / 2, 0.1)), texture, (0, (wall - 4) / 2, -0.1))


def _wall(texture: Texture, y: float) -> Solid:
    return put("wall", Box((HALF_WIDTH, 0.1, WALL)), texture, (0, y + 0.1, WALL), gloss=0.1)


def _picture(rng: Rng, scheme: Scheme, x: float, y: float, half: tuple[float, float]) -> list[Solid]:
    """A framed painting on the wall, or a view out of a window."""
    centres = np.stack([rng.uniform(-half[0], half[0], 18), rng.uniform(-half[1], half[1], 18)], axis=1)
    painted: Texture = Mosaic((*scheme.accents, IVORY), tuple(map(tuple, centres.tolist())))
    if rng.uniform() < 0.4:
        hills = tuple(lighten(scheme.accent(rng), shade) for shade in (0.3, 0.0))
        painted = Scenery(((0.9, 0.93, 0.95), (0.5, 0.7, 0.9)), hills, -0.1 * half[1], half[1])
    frame = Weathered(Plain(scheme.woods[1]), 0.25, 0.03)
    z = float(rng.uniform(1.15, 1.4))
    return [
        put("frame", Box((half[0] + 0.04, 0.02, half[1] + 0.04)), frame, (x, y - 0.02, z)),
        put("painting", Box((half[0], 0.01, half[1])), Weathered(painted, 0.14, 0.04), (x, y - 0.045, z)),
    ]


def _room(rng: Rng, scheme: Scheme, plan: StageDepths) -> list[Solid]:
    pale, dark = lighten(scheme.wall, 0.25), lighten(scheme.wall, -0.16)
    stripes = Weathered(Stripes((scheme.wall, pale), float(rng.uniform(0.10, 0.2)), axis=0), 0.08, 0.08)
    wall: Texture = Motifs(stripes, (dark, scheme.trim), float(rng.uniform(0.17, 0.26)), some_motif(rng), 0.55)
    if rng.uniform() < 0.3:
        wall = Bricks((scheme.wall, pale, dark), lighten(scheme.trim, -0.1), 0.26, 0.1, 0.014)
    boards = Planks(scheme.woods, float(rng.uniform(0.09, 0.15)), 1.3, upright=bool(rng.uniform() < 0.5))
    tiles = Motifs(Weathered(Plain(pale)), (scheme.trim, scheme.accent(rng)), 0.28, some_motif(rng), staggered=False)
    skirting = Weathered(Plain(scheme.woods[1]), 0.25, 0.04)
    one, other = scheme.pair(rng)
    rug = Motifs(Weathered(Plain(one), 0.3, 0.025), (IVORY, other, scheme.trim), 0.24, some_motif(rng), 0.85)
    around = Rosette((other, IVORY, one, IVORY, other), (0.3, 0.36, 0.7, 0.76), 2, scheme.trim, 28)
    solids = [
        _floor(boards if rng.uniform() < 0.65 else tiles, plan.wall),
        _wall(wall, plan.wall),
        put("skirting", Box((HALF_WIDTH, 0.02, 0.07)), skirting, (0, plan.wall - 0.02, 0.07)),
    ]
    if rng.uniform() < 0.5:
        solids.append(_flat("rug", rug, (-1.4, 1.4), (plan.front_lane + 0.25, plan.back_lane - 0.1), 0.008))
    else:
        solids.append(put("rug", cylinder(0.95, 0.008), Weathered(around, 0.25, 0.03), (0, plan.middle, 0.004)))
    for x in (-1.25, 0.0, 1.25):
        half = (float(rng.uniform(0.2, 0.34)), float(rng.uniform(0.2, 0.32)))
        solids += _picture(rng, scheme, x + float(rng.uniform(-0.15, 0.15)), plan.wall, half)
    if rng.uniform() < 0.6:
        # Open at the front, where cars drive in.
        deep = (plan.wall - plan.back_lane - 0.35) / 2
        for side in (-1, 1):
            x = side * float(rng.uniform(2.7, 3.1))
            solids.append(put("side wall", Box((0.1, deep, WALL)), wall, (x, plan.wall - deep, WALL), gloss=0.1))
    return solids


def _street(rng: Rng, scheme: Scheme, plan: StageDepths) -> list[Solid]:
    asphalt = Mottled(tuple(lighten(scheme.stone, shade) for shade in (-0.5, -0.42, -0.35, -0.46)), 0.05)
    slabs = Bricks(
        (scheme.stone, lighten(scheme.stone, -0.12), lighten(scheme.stone, 0.12)), (0.4, 0.4, 0.4), 0.3, 0.2, 0.012
    )
    grass = Mottled(((0.20, 0.42, 0.16), (0.28, 0.52, 0.2), (0.38, 0.6, 0.26)), 0.05)
    edge = plan.back_lane + 0.34
    kerb = Stripes((lighten(scheme.stone, 0.3), lighten(scheme.stone, -0.3)), 0.16, axis=0)
    hills = tuple((0.30 - 0.05 * n, 0.46 + 0.06 * n, 0.36 - 0.06 * n) for n in range(3))
    sky = ((0.86, 0.91, 0.95), (0.42, 0.63, 0.88))
    solids = [
        _floor(asphalt, plan.wall),
        _flat("strip", grass, (-HALF_WIDTH, HALF_WIDTH), (plan.middle - 0.33, plan.middle + 0.33), 0.012),
        _flat("pavement", slabs, (-HALF_WIDTH, HALF_WIDTH), (edge, plan.wall), 0.012),
        _flat("kerb", kerb, (-HALF_WIDTH, HALF_WIDTH), (edge - 0.05, edge), 0.03),
        _flat("front pavement", slabs, (-HALF_WIDTH, HALF_WIDTH), (-4, plan.front_lane - 0.32), 0.012),
        put("scenery", Box((HALF_WIDTH, 0.1, 4)), Scenery(sky, hills, 1.25, 3.2), (0, plan.wall + 0.1, 0), gloss=0.0),
    ]
    for lane in (plan.front_lane, plan.back_lane):
        for number in range(-5, 6):
            x = 0.8 * number + float(rng.uniform(-0.02, 0.02))
            solids.append(
                _flat("mark", Weathered(Plain(IVORY), 0.15), (x - 0.2, x + 0.2), (lane + 0.25, lane + 0.28), 0.004)
            )
    x = -4.2
    while x < 4.2:
        half_width, half_depth = float(rng.uniform(0.5, 0.85)), float(rng.uniform(0.4, 0.6))
        y = plan.back + 0.55 + half_depth + float(rng.uniform(0, 0.9))
        solids += moved(house(rng, scheme, half_width, half_depth), placed((x + half_width, y, 0)))
        x += 2 * half_width + (0.08 if rng.uniform() < 0.55 else float(rng.uniform(0.3, 0.9)))
    return solids


def _hall(rng: Rng, scheme: Scheme, plan: StageDepths) -> list[Solid]:
    light, dark = lighten(scheme.stone, 0.5), lighten(scheme.trim, -0.1)
    marble = Veined(light, scheme.stone, 0.22)
    inlay = (dark, lighten(scheme.accent(rng), -0.15))
    floor = Motifs(
        marble, inlay, float(rng.uniform(0.34, 0.5)), some_motif(rng), 0.85, staggered=bool(rng.uniform() < 0.5)
    )
    panels = Motifs(
        Weathered(Plain(scheme.wall), 0.14, 0.09),
        (scheme.trim, lighten(scheme.wall, 0.3), scheme.accent(rng)),
        float(rng.uniform(0.34, 0.52)),
        some_motif(rng),
        0.9,
        staggered=bool(rng.uniform() < 0.5),
    )
    frieze = Motifs(Plain(light), (scheme.accent(rng), IVORY), 0.14, some_motif(rng), 0.9, staggered=False)
    solids = [_floor(floor, plan.wall), _wall(panels, plan.wall)]
    solids.append(put("frieze", Box((HALF_WIDTH, 0.03, 0.14)), frieze, (0, plan.wall - 0.03, 1.68)))
    solids.append(
        put("plinth", Box((HALF_WIDTH, 0.05, 0.12)), Veined(scheme.stone, dark, 0.2), (0, plan.wall - 0.05, 0.12))
    )
    if rng.uniform() < 0.6:
        solids += _arcade(rng, marble, Weathered(Plain(scheme.trim), 0.2), frieze, plan.wall)
    else:
        for x in (-1.6, -0.5, 0.6, 1.7):
            half = (float(rng.uniform(0.25, 0.4)), float(rng.uniform(0.2, 0.28)))
            solids += _picture(rng, scheme, x, plan.wall, half)
    carpet = Weathered(Stripes((*scheme.pair(rng), IVORY), 0.11, axis=1), 0.25, 0.03)
    solids.append(_flat("carpet", carpet, (-HALF_WIDTH, HALF_WIDTH), (plan.middle - 0.36, plan.middle + 0.36), 0.006))
    return solids


def _arcade(rng: Rng, stone: Texture, capital: Texture, frieze: Texture, wall: float) -> list[Solid]:
    """Pillars before the wall, and the beam that they carry."""
    y, step = wall - float(rng.uniform(0.3, 0.5)), float(rng.uniform(1.1, 1.5))
    solids = [put("beam", Box((HALF_WIDTH, 0.12, 0.08)), frieze, (0, y, 1.63))]
    for number in range(-4, 4):
        x = step * (number + 0.5)
        solids.append(put("pillar", Box((0.1, 0.1, 0.75)), stone, (x, y, 0.75)))
        solids.append(put("capital", Box((0.14, 0.14, 0.05)), capital, (x, y, 1.5)))
    return solids
