"""A moving scene before a rig of ten cameras that face one way, made from a seed (a rig as in Lin et al., ICCV 2021).

The ground is z = 0, the cameras look along +y. The motion is a loop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.synthetic.furniture import LOW, Rng
from app.synthetic.motion import Mover, Oval
from app.synthetic.movers import (
    balloon,
    bouncing_ball,
    car,
    crossing_car,
    mobile,
    pendulum,
    plane,
    rolling_ball,
    stand,
    train,
    turntable,
)
from app.synthetic.scene import Solid, SyntheticScene
from app.synthetic.scheme import Scheme, scheme
from app.synthetic.stages import KINDS, Stage, stage
from engines.core.camera import Camera, look_at

ROWS, COLUMNS = 2, 5
CAMERAS = ROWS * COLUMNS
STEPS = 24
WIDTH_PX = 320
RIG_Y = -3.6
"""Where the rig stands: the nearest things are about half as far from it as the middle of the scene."""
WIDEST = 0.595
"""Half a picture's width over its distance, of the shortest lens."""
CREVICE = 2.0
"""These scenes are several times as wide as a still life."""
# What swings or flies stays over this, clear of low things.
ABOVE = LOW + 0.09


@dataclass(frozen=True, eq=False)
class Recording:
    """What is filmed, and by whom.

    Attributes:
        still: everything that does not move.
        movers: at least two.
        cameras: `CAMERAS`, upper and lower by turns, from left to right: neighbours have neighbouring numbers.
        steps: time steps; one more would be the first again.
    """

    still: SyntheticScene
    movers: tuple[Mover, ...]
    cameras: tuple[Camera, ...]
    steps: int

    def moving(self, step: int) -> tuple[Solid, ...]:
        """What moves, where it is at that moment."""
        return tuple(solid for mover in self.movers for solid in mover.at(step / self.steps))


def picture_size(width_px: int) -> tuple[int, int]:
    """(width, height), 16:9 as nearly as multiples of 8 are."""
    return max(2, round(width_px / 8)) * 8, max(2, round(width_px * 9 / 16 / 8)) * 8


def recording(seed: int, number: int, size_px: tuple[int, int], steps: int = STEPS) -> Recording:
    """The `number`-th of a seed's recordings; how many there are makes no difference to it."""
    rng = np.random.default_rng([seed, 4, number])
    # Neighbouring numbers are of different kinds.
    kind = KINDS[(seed + number) % len(KINDS)]
    colours = scheme(rng)
    place = stage(kind, rng, colours)
    movers, stands = _cast(rng, colours, place)
    still = SyntheticScene((*place.solids, *stands), place.lights, place.sky, place.ground, crevice=CREVICE)
    return Recording(still, tuple(movers), rig(rng, size_px), steps)


def rig(rng: Rng, size_px: tuple[int, int]) -> tuple[Camera, ...]:
    """Two rows of cameras, mounted by hand: a few millimetres and tenths of a degree off."""
    width, height = size_px
    focal = float(rng.uniform(0.5 / WIDEST, 0.96)) * width
    lens = Camera(np.eye(4), (focal, focal), (width / 2, height / 2), size_px)
    spacing, rise = float(rng.uniform(0.095, 0.115)), float(rng.uniform(0.10, 0.13))
    above, aim = float(rng.uniform(0.95, 1.3)), float(rng.uniform(0.5, 0.62))
    cameras = []
    for column in range(COLUMNS):
        for row in range(ROWS):
            eye = np.array([(column - (COLUMNS - 1) / 2) * spacing, RIG_Y, above + (0.5 - row) * rise])
            eye += rng.normal(0, 0.003, 3)
            # All look the same way, not at one point; 0.2 degrees off.
            ahead = np.array([0.0, 1.0, (aim - above) / 3.6]) + rng.normal(0, 0.0035, 3)
            up = np.array([0.0, 0.0, 1.0]) + rng.normal(0, 0.0035, 3)
            cameras.append(lens.at(look_at(eye, eye + ahead, up)))
    return tuple(cameras)


def _cast(rng: Rng, colours: Scheme, place: Stage) -> tuple[list[Mover], tuple[Solid, ...]]:
    """Three or four movers that keep clear of each other, and what is put up for them."""
    movers = [*_on_the_ground(rng, colours, place), _in_the_air(rng, colours, place)]
    if rng.uniform() < 0.6:
        height = float(rng.uniform(0.14, 0.26))
        movers.append(turntable(rng, colours, place.free, place.plan.middle, height))
        return movers, stand(colours, place.free, place.plan.middle, height)
    return movers, ()


def _on_the_ground(rng: Rng, colours: Scheme, place: Stage) -> list[Mover]:
    plan = place.plan
    if place.kind != "street" and rng.uniform() < 0.5:
        half_axes = (float(rng.uniform(1.45, 1.55)), (plan.back_lane - plan.front_lane) / 2)
        middle = (0.0, (plan.back_lane + plan.front_lane) / 2, 0.0)
        oval = Oval(middle, half_axes, int(rng.choice([-1, 1])), float(rng.uniform()))
        if rng.uniform() < 0.5:
            return train(rng, colours, oval)
        return [car(rng, oval, oval.length)]
    ahead = bool(rng.uniform() < 0.5)
    kind = int(rng.integers(3))
    if kind == 0 or (place.kind == "street" and kind == 1):
        return [
            crossing_car(rng, plan.front_lane, _out_of_sight(plan.front_lane), ahead),
            crossing_car(rng, plan.back_lane, _out_of_sight(plan.back_lane), not ahead),
        ]
    make = rolling_ball if kind == 1 else bouncing_ball
    x = float(rng.uniform(-0.15, 0.15))
    return [
        make(rng, colours, x, plan.front_lane, float(rng.uniform(0.65, 0.85))),
        crossing_car(rng, plan.back_lane, _out_of_sight(plan.back_lane), ahead),
    ]


def _out_of_sight(y: float) -> float:
    """x from where neither a car nor its shadow is in any picture."""
    return WIDEST * (y - RIG_Y) + 1.1


def _in_the_air(rng: Rng, colours: Scheme, place: Stage) -> Mover:
    plan = place.plan
    x = float(rng.uniform(-0.5, 0.5))
    kinds = {"room": ("pendulum", "mobile", "plane"), "street": ("balloon", "plane")}
    kind = str(rng.choice(kinds.get(place.kind, ("pendulum", "mobile", "balloon"))))
    if kind == "pendulum":
        return pendulum(rng, colours, x, plan.middle, ABOVE)
    if kind == "mobile":
        return mobile(rng, colours, x, plan.middle, ABOVE - 0.05)
    if kind == "balloon":
        return balloon(rng, colours, (x, plan.back_lane - 0.05, 1.28))
    oval = Oval((0.0, plan.middle + 0.1, 1.25), (1.2, 0.5), int(rng.choice([-1, 1])), float(rng.uniform()), 0.08, 20.0)
    return plane(rng, colours, oval)
