"""A still life on a round plinth, made from a seed: it decides on colours, sizes and places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.synthetic.materials import (
    Checker,
    Colour,
    Die,
    Dots,
    Material,
    Plain,
    Rosette,
    Segments,
    Stripes,
    lighten,
)
from app.synthetic.scene import Solid, SyntheticScene, moved, placed
from app.synthetic.shapes import Box, Cone, Shape, Sphere, Torus, cylinder

FLOOR = -0.155
"""Height of the plinth's top, world units."""
PLINTH_RADIUS = 0.445
RIM = 0.015
"""Half the plinth's thickness: its edge is round."""
RING_RADIUS = 0.288
"""Where the objects around the middle stand."""

CREAM: Colour = (0.95, 0.91, 0.83)
IVORY: Colour = (0.97, 0.95, 0.90)
INK: Colour = (0.13, 0.14, 0.18)
GOLD: Colour = (0.93, 0.72, 0.34)


@dataclass(frozen=True)
class Palette:
    """Colours that go together: five for objects, and the stone of the plinth."""

    colours: tuple[Colour, Colour, Colour, Colour, Colour]
    stone: Colour


def _hex(text: str) -> Colour:
    red, green, blue = (int(text[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return (red, green, blue)


def _palette(stone: str, *colours: str) -> Palette:
    first, second, third, fourth, fifth = (_hex(text) for text in colours)
    return Palette((first, second, third, fourth, fifth), _hex(stone))


PALETTES = (
    _palette("c9c0b2", "e4572e", "17829a", "f3a712", "2e4057", "76b041"),
    _palette("b9c4c9", "d1495b", "00798c", "edae49", "30638e", "6a994e"),
    _palette("cdbfae", "bc4749", "386641", "f2b134", "275b8c", "e07a5f"),
    _palette("c4c0c0", "e76f51", "2a9d8f", "e9c46a", "5b5f97", "ef476f"),
    _palette("bcc6b5", "f25c54", "247ba0", "f7b267", "6d597a", "43aa8b"),
    _palette("cbbfb2", "c8553d", "1b998b", "ffba49", "3d5a80", "b56576"),
)


@dataclass(frozen=True)
class Piece:
    """Solids that stand together about (0, 0, 0), z = 0 being the floor, within `footprint` of the axis."""

    solids: tuple[Solid, ...]
    footprint: float


def still_life(seed: int) -> SyntheticScene:
    """The scene of a seed; equal seeds give equal scenes."""
    rng = np.random.default_rng(seed)
    palette = PALETTES[int(rng.integers(len(PALETTES)))]
    order = rng.permutation(5)
    first, second, third, fourth, fifth = (palette.colours[i] for i in order)
    middle = _tower(rng, first, second, fourth)
    around = [
        _striped_ball(rng, third, first),
        _striped_cone(rng, second),
        _doughnut(rng, fifth, palette),
        _die(rng, fourth),
        _gate(rng),
        _pins(rng, palette),
    ]
    solids = [*_plinth(palette.stone, fourth), *_move(middle, 0.0, 0.0, float(rng.uniform(0, 360)))]
    for piece, angle in _around(rng, around):
        radius = RING_RADIUS + float(rng.uniform(-0.012, 0.012))
        turn = np.degrees(angle) + 90 + float(rng.uniform(-25, 25))
        solids += _move(piece, radius * float(np.cos(angle)), radius * float(np.sin(angle)), turn)
    return SyntheticScene(tuple(solids))


def _around(rng: np.random.Generator, pieces: list[Piece]) -> list[tuple[Piece, float]]:
    """The pieces in any order with their angles: each gets room for its footprint, what is left over is shared out."""
    shuffled = [pieces[i] for i in rng.permutation(len(pieces))]
    widths = np.array([2 * np.arcsin(piece.footprint / RING_RADIUS) for piece in shuffled])
    gaps = rng.uniform(0.7, 1.3, len(pieces))
    gaps *= max(2 * np.pi - widths.sum(), 0) / gaps.sum()
    ends = np.cumsum(widths + gaps)
    start = rng.uniform(0, 2 * np.pi)
    return [(piece, float(start + angle)) for piece, angle in zip(shuffled, ends - gaps - widths / 2, strict=True)]


def _move(piece: Piece, x: float, y: float, turn_deg: float) -> list[Solid]:
    return list(moved(piece.solids, placed((x, y, FLOOR), turn_deg)))


def _plinth(stone: Colour, accent: Colour) -> list[Solid]:
    dark, pale = lighten(stone, -0.22), lighten(stone, 0.5)
    inlay = Rosette(
        (lighten(stone, 0.12), dark, stone, dark, pale, dark, stone),
        (0.165, 0.172, 0.386, 0.391, 0.415, 0.420),
        sector_band=4,
        sector_colour=accent,
        sectors=48,
    )
    return [
        _solid("plinth", cylinder(PLINTH_RADIUS - RIM, 2 * RIM), Material(inlay, 0.25), 0, 0, FLOOR - RIM),
        _solid("rim", Torus(PLINTH_RADIUS - RIM, RIM), Material(Plain(stone), 0.35), 0, 0, FLOOR - RIM),
        _solid(
            "foot", cylinder(0.40, 0.022), Material(Plain(lighten(stone, -0.45)), 0.2), 0, 0, FLOOR - 2 * RIM - 0.011
        ),
    ]


def _solid(name: str, shape: Shape, material: Material, x: float, y: float, z: float, turn_deg: float = 0) -> Solid:
    return Solid(name, shape, material, placed((x, y, z), turn_deg))


def _tower(rng: np.random.Generator, board: Colour, ball: Colour, cap: Colour) -> Piece:
    """A checkered block, a slab turned on it, and a ball or a cone on top."""
    half = float(rng.uniform(0.078, 0.086))
    # Whole squares of the board fit its height.
    tall = float(rng.choice([1.0, 1.5])) * half
    block = Box((half, half, tall))
    slab = Box((half * 0.82, half * 0.82, 0.017), rounding=0.008)
    top = 2 * tall + 0.034
    solids = [
        _solid("block", block, Material(Checker((board, CREAM), half / 2), 0.3), 0, 0, tall),
        _solid("slab", slab, Material(Plain(lighten(cap, -0.05)), 0.5), 0, 0, 2 * tall + 0.017, rng.uniform(20, 70)),
    ]
    radius = float(rng.uniform(0.072, 0.080))
    beach = Segments((ball, IVORY), 12, twist=float(rng.choice([-1, 1])) * 2.2)
    solids.append(_solid("ball on top", Sphere(radius), Material(beach, 0.6, 120), 0, 0, top + radius))
    return Piece(tuple(solids), float(np.hypot(half, half)))


def _striped_ball(rng: np.random.Generator, colour: Colour, other: Colour) -> Piece:
    radius = float(rng.uniform(0.094, 0.102))
    bands = Material(Stripes((colour, IVORY, other, IVORY), radius / 3.5), 0.6, 120)
    pose = placed((0, 0, radius), float(rng.uniform(0, 360)), float(rng.uniform(25, 60)))
    return Piece((Solid("striped ball", Sphere(radius), bands, pose),), radius)


def _striped_cone(rng: np.random.Generator, colour: Colour) -> Piece:
    radius, height = float(rng.uniform(0.084, 0.092)), float(rng.uniform(0.25, 0.30))
    winding = Segments((colour, CREAM), 2, twist=float(rng.choice([-1, 1])) * 11)
    return Piece((_solid("cone", Cone(radius, 0.0, height), Material(winding, 0.35), 0, 0, height / 2),), radius)


def _doughnut(rng: np.random.Generator, colour: Colour, palette: Palette) -> Piece:
    ring, tube = float(rng.uniform(0.062, 0.068)), float(rng.uniform(0.035, 0.039))
    centres = []
    for number in range(70):
        around, over = 2 * np.pi * (number * 0.618034 % 1.0), rng.uniform(-0.6, np.pi + 0.6)
        across = ring + tube * np.cos(over)
        centres.append((across * np.cos(around), across * np.sin(around), tube * np.sin(over)))
    sugar = Dots(colour, (IVORY, *(c for c in palette.colours if c != colour)), tuple(centres), 0.0075)
    return Piece((_solid("doughnut", Torus(ring, tube), Material(sugar, 0.5, 90), 0, 0, tube),), ring + tube)


def _die(rng: np.random.Generator, pips: Colour) -> Piece:
    half = float(rng.uniform(0.060, 0.066))
    shape = Box((half, half, half), rounding=half * 0.28)
    die = Material(Die(IVORY, pips, half), 0.5, 90)
    return Piece((_solid("die", shape, die, 0, 0, half, float(rng.uniform(0, 90))),), half * 1.3)


def _gate(rng: np.random.Generator) -> Piece:
    """A thin golden ring that stands on a small foot, with a bead hung in it."""
    ring, tube = float(rng.uniform(0.092, 0.100)), 0.0095
    gold = Material(Plain(GOLD), 0.8, 70, metal=1.0)
    foot = 0.016
    centre = foot + ring + tube * 0.6
    solids = (
        _solid("ring foot", Box((0.034, 0.020, foot / 2)), Material(Plain(INK), 0.5), 0, 0, foot / 2),
        Solid("ring", Torus(ring, tube), gold, placed((0, 0, centre), 0, 90)),
        _solid("ring rod", cylinder(0.0035, 2 * ring), gold, 0, 0, centre),
        _solid("bead", Sphere(0.026), gold, 0, 0, centre),
    )
    return Piece(solids, ring + tube)


def _pins(rng: np.random.Generator, palette: Palette) -> Piece:
    """Thin rods with coloured heads."""
    heights = 0.14 + 0.06 * rng.permutation(4) + rng.uniform(-0.01, 0.01, 4)
    steel = Material(Plain((0.45, 0.47, 0.52)), 0.7, 60, metal=0.6)
    base = Material(Plain(INK), 0.4)
    solids = [_solid("pin base", cylinder(0.072, 0.012), base, 0, 0, 0.006)]
    colours = [palette.colours[i] for i in rng.permutation(5)]
    for number, height in enumerate(float(h) for h in heights):
        angle = np.pi / 2 * number + np.pi / 4
        x, y = 0.046 * float(np.cos(angle)), 0.046 * float(np.sin(angle))
        head = 0.019
        solids.append(_solid("rod", cylinder(0.0045, height), steel, x, y, height / 2))
        glossy = Material(Plain(colours[number]), 0.6, 120)
        solids.append(_solid("pin head", Sphere(head), glossy, x, y, height + head * 0.8))
    return Piece(tuple(solids), 0.074)
