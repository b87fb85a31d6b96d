"""Still things of a street, as `furniture` has those of a room."""

from __future__ import annotations

import numpy as np

from app.synthetic.furniture import Maker, Rng, Solids
from app.synthetic.materials import Plain, Rosette, Segments, Stripes, Texture, lighten
from app.synthetic.patterns import Bricks, Facade, Mosaic, Motifs, Mottled, Planks, Weathered
from app.synthetic.scheme import INK, IVORY, Scheme, put, some_motif
from app.synthetic.shapes import Box, Cone, Sphere, Torus, cylinder

STEEL = (0.36, 0.39, 0.44)
GLASS = (0.32, 0.42, 0.52)


def house(rng: Rng, scheme: Scheme, half_width: float, half_depth: float) -> Solids:
    """Two to four floors, as wide and deep as asked for."""
    floors, floor = int(rng.integers(2, 5)), float(rng.uniform(0.50, 0.60))
    height = floors * floor
    colour = lighten(scheme.accent(rng), 0.2)
    wall: Texture = Weathered(Plain(colour), 0.14, 0.07)
    if rng.uniform() < 0.6:
        shades = (colour, lighten(colour, -0.15), lighten(colour, 0.15))
        wall = Bricks(shades, lighten(scheme.stone, 0.3), 0.17, 0.07, 0.014)
    columns = max(2, round(2 * half_width / float(rng.uniform(0.34, 0.44))))
    front = Facade(wall, IVORY, GLASS, (2 * half_width / columns, floor), (-half_width, -height / 2))
    trim = Weathered(Plain(scheme.trim), 0.2)
    roof = Weathered(Stripes((lighten(scheme.trim, -0.3), scheme.trim), 0.05), 0.2)
    chimney = Bricks((scheme.trim, lighten(scheme.trim, 0.2)), IVORY, 0.09, 0.04, 0.008)
    planks = Planks((scheme.accent(rng),), 0.05, 0.9, 0.008, upright=True)
    awning = Stripes((scheme.accent(rng), IVORY), 0.05, axis=0)
    # A door in the middle of a cell, where a window would have been.
    door = (int(rng.integers(columns)) + 0.5) / columns * 2 * half_width - half_width
    front_y = -half_depth - 0.012
    return (
        put("house", Box((half_width, half_depth, height / 2)), front, (0, 0, height / 2)),
        put("cornice", Box((half_width + 0.04, half_depth + 0.05, 0.04)), trim, (0, 0, height + 0.02)),
        put("roof", Box((half_width * 0.9, half_depth * 0.8, 0.12), 0.05), roof, (0, 0, height + 0.14)),
        put("chimney", Box((0.09, 0.09, 0.2)), chimney, (half_width * 0.5, 0, height + 0.36)),
        put("door frame", Box((0.15, 0.012, 0.25)), trim, (door, front_y, 0.25)),
        put("door", Box((0.12, 0.012, 0.22)), planks, (door, front_y - 0.012, 0.22)),
        put("awning", Box((0.2, 0.1, 0.012)), awning, (door, front_y - 0.1, 0.53), 0, 18),
    )


def tree(rng: Rng, scheme: Scheme) -> Solids:
    """Round, or a fir."""
    green = float(rng.uniform(0.35, 0.55))
    hue = float(rng.uniform(0.1, 0.45))
    leaves = Mottled(((hue * 0.5, green * 0.6, 0.12), (hue, green, 0.16), (hue + 0.2, green + 0.2, 0.2)), 0.045)
    bark = Planks((lighten(scheme.woods[1], -0.3),), 0.02, 0.4, 0.004, upright=True)
    trunk = float(rng.uniform(0.45, 0.6))
    solids = [put("trunk", Cone(0.055, 0.035, trunk), bark, (0, 0, trunk / 2))]
    if rng.uniform() < 0.35:
        for number in range(4):
            radius, z = 0.34 - 0.07 * number, 0.42 + 0.23 * number
            solids.append(put("branches", Cone(radius, radius * 0.25, 0.28), leaves, (0, 0, z), gloss=0.05))
        return tuple(solids)
    for number in range(7):
        angle, out = 2 * np.pi * number / 6, 0.0 if number == 6 else float(rng.uniform(0.10, 0.19))
        radius = float(rng.uniform(0.16, 0.22))
        z = trunk + 0.12 + (0.26 if number == 6 else float(rng.uniform(0, 0.2)))
        solids.append(put("leaves", Sphere(radius), leaves, (out * np.cos(angle), out * np.sin(angle), z), gloss=0.05))
    return tuple(solids)


def street_lamp(rng: Rng, scheme: Scheme) -> Solids:
    """A street lamp with two globes."""
    height = float(rng.uniform(1.05, 1.35))
    iron = Stripes((INK, lighten(INK, 0.25)), 0.12)
    solids = [
        put("lamp foot", Cone(0.08, 0.04, 0.16), Weathered(Plain(INK), 0.3), (0, 0, 0.08)),
        put("lamp post", cylinder(0.022, height), iron, (0, 0, height / 2)),
        put("lamp arm", Box((0.17, 0.014, 0.014)), Plain(INK), (0, 0, height)),
    ]
    globe = Segments(((1.0, 0.95, 0.8), (0.85, 0.8, 0.68)), 10)
    for side in (-1, 1):
        solids.append(put("globe", Sphere(0.065), globe, (side * 0.17, 0, height - 0.06), gloss=0.7))
        solids.append(put("hat", Cone(0.075, 0.01, 0.06), Plain(scheme.trim), (side * 0.17, 0, height + 0.02)))
    return tuple(solids)


def advertising_column(rng: Rng, scheme: Scheme) -> Solids:
    """A cylinder full of posters."""
    height = float(rng.uniform(0.85, 1.1))
    centres = np.stack([rng.uniform(-0.2, 0.2, 22), rng.uniform(-height / 2, height / 2, 22)], axis=1)
    posters = Mosaic((*scheme.accents, IVORY, INK), tuple(map(tuple, centres.tolist())))
    cap = Weathered(Segments((scheme.trim, lighten(scheme.trim, 0.25)), 12))
    return (
        put("column", cylinder(0.2, height), Weathered(posters, 0.15, 0.04), (0, 0, height / 2)),
        put("column rim", Torus(0.21, 0.03), Plain(scheme.trim), (0, 0, height)),
        put("column roof", Cone(0.23, 0.02, 0.22), cap, (0, 0, height + 0.11)),
    )


def kiosk(rng: Rng, scheme: Scheme) -> Solids:
    """A booth with a striped awning."""
    walls = Planks((scheme.accent(rng), lighten(scheme.accent(rng), 0.2)), 0.08, 2.0, 0.008, upright=True)
    striped = Stripes((scheme.accent(rng), IVORY), 0.07, axis=0)
    goods = Motifs(Plain(INK), (scheme.accent(rng), IVORY), 0.07, some_motif(rng), 0.9)
    return (
        put("booth", Box((0.33, 0.24, 0.42)), walls, (0, 0, 0.42)),
        put("hatch", Box((0.25, 0.02, 0.15)), goods, (0, -0.235, 0.55)),
        put("counter", Box((0.30, 0.06, 0.018)), Planks(scheme.woods, 0.05, 0.5), (0, -0.28, 0.38)),
        put("awning", Box((0.38, 0.2, 0.014)), striped, (0, -0.30, 0.82), 0, 14),
        put("booth roof", Box((0.37, 0.28, 0.05), 0.02), Weathered(Plain(scheme.trim), 0.2), (0, 0, 0.89)),
    )


def hedge(rng: Rng, scheme: Scheme) -> Solids:
    """Clipped square, in flower."""
    height = float(rng.uniform(0.13, 0.2))
    flower = scheme.accent(rng)
    leaves = Mottled(((0.1, 0.3, 0.12), (0.18, 0.42, 0.16), (0.3, 0.55, 0.2), flower), 0.035)
    stone = Bricks((scheme.stone, lighten(scheme.stone, -0.15)), lighten(scheme.stone, 0.3), 0.09, 0.05, 0.008)
    return (
        put("trough", Box((0.24, 0.1, 0.05)), stone, (0, 0, 0.05)),
        put("hedge", Box((0.22, 0.09, height), 0.04), leaves, (0, 0, 0.08 + height), gloss=0.05),
    )


def bench(rng: Rng, scheme: Scheme) -> Solids:
    """A bench of planks."""
    wood, colour = Planks(scheme.woods, 0.035, 0.9), Stripes((STEEL, lighten(STEEL, -0.3)), 0.04)
    solids = [put("bench seat", Box((0.25, 0.1, 0.014)), wood, (0, 0, 0.2)),
              put("bench back", Box((0.25, 0.014, 0.08)), wood, (0, 0.1, 0.36))]  # fmt: skip
    for side in (-1, 1):
        solids.append(put("bench leg", Box((0.015, 0.09, 0.1)), colour, (side * 0.2, 0, 0.1)))
        solids.append(put("bench post", Box((0.015, 0.014, 0.22)), colour, (side * 0.2, 0.115, 0.22)))
    return tuple(solids)


def hydrant(rng: Rng, scheme: Scheme) -> Solids:
    """A hydrant with two bollards beside it."""
    paint = Weathered(Stripes((scheme.accent(rng), lighten(scheme.accent(rng), 0.2)), 0.05), 0.15, 0.04)
    warning = Stripes((IVORY, scheme.accent(rng)), 0.06)
    solids = [
        put("hydrant", cylinder(0.06, 0.3), paint, (0, 0, 0.15)),
        put("hydrant cap", Sphere(0.066), Segments((scheme.accent(rng), IVORY), 8), (0, 0, 0.3)),
        put("hydrant arm", cylinder(0.03, 0.18), paint, (0, 0, 0.2), 90, 90),
    ]
    for side in (-1, 1):
        solids.append(put("bollard", cylinder(0.03, 0.36), warning, (side * 0.2, 0, 0.18)))
    return tuple(solids)


def fountain(rng: Rng, scheme: Scheme) -> Solids:
    """A basin with a ball on a pillar."""
    stone = Bricks((scheme.stone, lighten(scheme.stone, -0.15)), lighten(scheme.stone, 0.3), 0.1, 0.05, 0.01)
    water = Rosette(((0.3, 0.55, 0.7), (0.45, 0.7, 0.8), (0.35, 0.6, 0.75)), (0.06, 0.12), 1, (0.6, 0.8, 0.88), 20)
    ball = Segments(scheme.pair(rng), 12, float(rng.choice([-3, 3])))
    return (
        put("basin", cylinder(0.24, 0.14), stone, (0, 0, 0.07)),
        put("water", cylinder(0.20, 0.02), Weathered(water), (0, 0, 0.14), gloss=0.7),
        put("pillar", Cone(0.06, 0.04, 0.22), stone, (0, 0, 0.24)),
        put("ball", Sphere(0.1), ball, (0, 0, 0.44), gloss=0.6),
    )


STREET_LOW: tuple[Maker, ...] = (hedge, bench, hydrant, fountain, hedge)
STREET_TALL: tuple[Maker, ...] = (tree, tree, street_lamp, advertising_column, kiosk)
