"""Colours that go together, drawn from a seed, and short ways to put coloured solids somewhere."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np

from app.synthetic.materials import Colour, Material, Texture
from app.synthetic.patterns import MOTIFS, Motif
from app.synthetic.scene import Solid, placed
from app.synthetic.shapes import Shape

IVORY: Colour = (0.96, 0.93, 0.87)
INK: Colour = (0.14, 0.15, 0.19)
ACCENTS = 6


@dataclass(frozen=True)
class Scheme:
    """The colours of one scene.

    Attributes:
        wall: weak.
        trim: darker, of the wall's hue.
        woods: four shades of one kind.
        stone: nearly grey.
        accents: `ACCENTS`, vivid, told apart by hue.
    """

    wall: Colour
    trim: Colour
    woods: tuple[Colour, ...]
    stone: Colour
    accents: tuple[Colour, ...]

    def accent(self, rng: np.random.Generator) -> Colour:
        """Any of them."""
        return self.accents[int(rng.integers(len(self.accents)))]

    def pair(self, rng: np.random.Generator) -> tuple[Colour, Colour]:
        """Two that differ."""
        first, second = rng.permutation(len(self.accents))[:2]
        return self.accents[first], self.accents[second]


def scheme(rng: np.random.Generator) -> Scheme:
    """One to the taste of chance."""
    hue, wood = float(rng.uniform()), float(rng.uniform(0.045, 0.10))
    saturation, value = float(rng.uniform(0.35, 0.62)), float(rng.uniform(0.42, 0.78))
    # Neighbours on the colour circle and one that is opposite to them; or the whole circle.
    spread = float(rng.choice([0.25, 0.45, 0.83]))
    hues = hue + np.linspace(0, spread, ACCENTS) + rng.uniform(-0.03, 0.03, ACCENTS)
    hues[-1] = hue + max(spread, 0.5 + spread / 2)
    accents = [_hsv(h, rng.uniform(0.42, 0.82), rng.uniform(0.5, 0.95)) for h in hues]
    shades = ((0, 0), (0.05, -0.08), (-0.05, 0.07), (0.02, 0.03))
    return Scheme(
        wall=_hsv(hue + 0.5 * rng.integers(2), rng.uniform(0.10, 0.42), rng.uniform(0.55, 0.92)),
        trim=_hsv(hue, rng.uniform(0.25, 0.5), rng.uniform(0.35, 0.55)),
        woods=tuple(_hsv(wood, saturation + s, value + v) for s, v in shades),
        stone=_hsv(rng.uniform(), rng.uniform(0.03, 0.12), rng.uniform(0.55, 0.8)),
        accents=tuple(accents[i] for i in rng.permutation(ACCENTS)),
    )


def _hsv(hue: float, saturation: float, value: float) -> Colour:
    return colorsys.hsv_to_rgb(float(hue) % 1, min(max(float(saturation), 0), 1), min(max(float(value), 0), 1))


def put(
    name: str,
    shape: Shape,
    texture: Texture,
    place: tuple[float, float, float],
    turn_deg: float = 0.0,
    tilt_deg: float = 0.0,
    gloss: float = 0.25,
) -> Solid:
    """A solid of that texture, posed as by `placed`."""
    return Solid(name, shape, Material(texture, gloss), placed(place, turn_deg, tilt_deg))


def some_motif(rng: np.random.Generator) -> Motif:
    """Any figure."""
    return MOTIFS[int(rng.integers(len(MOTIFS)))]
