"""Toy cars: one object in many variations, made from a seed, for methods that learn a class."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np

from app.synthetic.materials import Colour, Material, Plain, Segments, lighten
from app.synthetic.scene import Solid, SyntheticScene, placed
from app.synthetic.shapes import Box, Shape, Sphere, Torus, cylinder

TYRE: Colour = (0.11, 0.11, 0.13)
GLASS: Colour = (0.17, 0.24, 0.32)
LAMP: Colour = (1.0, 0.95, 0.75)
REAR_LAMP: Colour = (0.80, 0.08, 0.10)
CHROME: Colour = (0.78, 0.80, 0.83)
CREAM: Colour = (0.96, 0.93, 0.86)
CLEARANCE = 0.5
"""Of the body above the ground, in wheel radii."""


@dataclass(frozen=True)
class CarPlan:
    """Sizes in world units, +x is ahead; colours.

    Attributes:
        length, width, height: of the body without its cabin.
        cabin_length, cabin_height: of the cabin.
        cabin_at: its middle, from -1 (rear end of the body) to 1 (front end).
        wheel: radius.
        stripe: width of the stripe along the middle; 0: none.
        wing: whether it has one at the rear.
    """

    length: float
    width: float
    height: float
    cabin_length: float
    cabin_height: float
    cabin_at: float
    wheel: float
    stripe: float
    wing: bool
    paint: Colour
    accent: Colour


def car_plan(seed: int, number: int) -> CarPlan:
    """One car of a seed's class; how many there are makes no difference to it."""
    rng = np.random.default_rng([seed, 2, number])
    length = float(rng.uniform(0.58, 0.76))
    # Golden turns: cars of neighbouring numbers are told apart by their colour.
    hue = (0.02 + 0.1 * seed + 0.618034 * number) % 1
    paint = colorsys.hsv_to_rgb(hue, float(rng.uniform(0.65, 0.9)), float(rng.uniform(0.7, 0.95)))
    other = colorsys.hsv_to_rgb((hue + float(rng.uniform(0.3, 0.7))) % 1, float(rng.uniform(0.5, 0.85)), 0.92)
    return CarPlan(
        length=length,
        width=float(rng.uniform(0.27, 0.34)),
        height=float(rng.uniform(0.095, 0.14)),
        cabin_length=length * float(rng.uniform(0.36, 0.66)),
        cabin_height=float(rng.uniform(0.085, 0.15)),
        cabin_at=float(rng.uniform(-0.35, 0.1)),
        wheel=float(rng.uniform(0.066, 0.092)),
        stripe=float(rng.choice([0.0, 0.06, 0.1])),
        wing=bool(rng.uniform() < 0.35),
        paint=paint,
        accent=CREAM if rng.uniform() < 0.4 else other,
    )


def toy_car(seed: int, number: int) -> SyntheticScene:
    """One car of a seed's class, centred on the origin."""
    plan = car_plan(seed, number)
    # Half of its whole height below the origin.
    ground = -(CLEARANCE * plan.wheel + plan.height + plan.cabin_height) / 2
    return SyntheticScene(tuple(_body(plan, ground) + _wheels(plan, ground)))


def _solid(name: str, shape: Shape, material: Material, x: float, y: float, z: float) -> Solid:
    return Solid(name, shape, material, placed((x, y, z)))


def _body(plan: CarPlan, ground: float) -> list[Solid]:
    half_length, half_width, half_height = plan.length / 2, plan.width / 2, plan.height / 2
    floor = ground + CLEARANCE * plan.wheel
    middle, top = floor + half_height, floor + plan.height
    paint = Material(Plain(plan.paint), 0.5, 90)
    cabin_x = plan.cabin_at * (half_length - plan.cabin_length / 2)
    cabin = (plan.cabin_length / 2, half_width * 0.86, plan.cabin_height / 2 + 0.01)
    roof = (plan.cabin_length / 2 * 0.96, half_width * 0.84, 0.014)
    stripe = Material(Plain(plan.accent), 0.5, 90)
    solids = [
        _solid("body", Box((half_length, half_width, half_height), half_height * 0.55), paint, 0, 0, middle),
        _solid("windows", Box(cabin, 0.03), Material(Plain(GLASS), 0.8, 120), cabin_x, 0, top + cabin[2] - 0.02),
        _solid("roof", Box(roof, 0.012), paint, cabin_x, 0, top + plan.cabin_height - 0.01),
        _solid(
            "bumper",
            Box((half_length + 0.012, half_width * 0.9, 0.014), 0.012),
            Material(Plain(CHROME), 0.8, 70),
            0,
            0,
            floor + 0.03,
        ),
    ]
    if plan.stripe:
        along = (half_length - half_height * 0.4, plan.stripe / 2, 0.006)
        solids.append(_solid("stripe", Box(along), stripe, 0, 0, top))
        over = (plan.cabin_length / 2 * 0.9, plan.stripe / 2, 0.006)
        solids.append(_solid("stripe on the roof", Box(over), stripe, cabin_x, 0, top + plan.cabin_height + 0.004))
    if plan.wing:
        at = -half_length + 0.045
        solids.append(_solid("wing", Box((0.04, half_width * 0.95, 0.010), 0.008), stripe, at, 0, top + 0.07))
        for side in (-1, 1):
            post = Box((0.012, 0.012, 0.04))
            solids.append(_solid("post", post, paint, at, side * half_width * 0.6, top + 0.03))
    for side in (-1, 1):
        y, z = side * half_width * 0.62, middle + half_height * 0.15
        solids.append(_solid("lamp", Sphere(0.030), Material(Plain(LAMP), 0.7, 100), half_length - 0.012, y, z))
        rear = Box((0.012, 0.032, 0.018), 0.008)
        solids.append(_solid("rear lamp", rear, Material(Plain(REAR_LAMP), 0.6, 90), -half_length + 0.002, y, z))
    return solids


def _wheels(plan: CarPlan, ground: float) -> list[Solid]:
    tube = plan.wheel * 0.3
    tyre = Material(Plain(TYRE), 0.25, 30)
    hub = Material(Segments((plan.accent, lighten(plan.accent, -0.35)), 10), 0.5, 80)
    solids = []
    for front in (-1, 1):
        for side in (-1, 1):
            place = (front * plan.length * 0.31, side * (plan.width / 2 - tube * 0.3), ground + plan.wheel)
            axle = placed(place, 0, 90)
            solids.append(Solid("tyre", Torus(plan.wheel - tube, tube), tyre, axle))
            solids.append(Solid("hub", cylinder(plan.wheel - tube, tube * 1.1), hub, axle))
    return solids
