"""Moving things of a recording: balls, cars, pendulums and the like, each made from chance for a way to move."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.synthetic.furniture import Rng, Solids
from app.synthetic.materials import Die, Material, Plain, Rosette, Segments, Stripes, lighten
from app.synthetic.motion import (
    Bouncing,
    Crossing,
    Floating,
    Motion,
    Mover,
    Oval,
    Place,
    Rolling,
    Swinging,
    Turning,
)
from app.synthetic.patterns import Motifs, Planks, Weathered
from app.synthetic.scene import Solid, moved, placed
from app.synthetic.scheme import INK, IVORY, Scheme, put, some_motif
from app.synthetic.shapes import Box, Cone, Sphere, Torus, cylinder
from app.synthetic.toy_car import CLEARANCE, car_plan, toy_car

PIVOT = 2.9
"""Height that pendulums and mobiles hang from, out of the picture."""
BRASS = (0.83, 0.64, 0.30)


def rolling_ball(rng: Rng, scheme: Scheme, x: float, y: float, reach: float) -> Mover:
    """Striped, across the picture and back."""
    radius = float(rng.uniform(0.16, 0.21))
    one, other = scheme.pair(rng)
    bands = Weathered(Stripes((one, IVORY, other, IVORY), radius / 2.6), 0.1, 0.04)
    body = put("ball", Sphere(radius), bands, (0, 0, 0), 30.0, 65.0, 0.6)
    motion = Rolling((x, y, radius), radius, reach, float(rng.uniform(-4, 4)), float(rng.uniform()))
    return Mover("rolling ball", (body,), motion)


def bouncing_ball(rng: Rng, scheme: Scheme, x: float, y: float, reach: float) -> Mover:
    """A beach ball."""
    radius = float(rng.uniform(0.14, 0.18))
    one, other = scheme.pair(rng)
    wedges = Weathered(Segments((one, IVORY, other, IVORY), 8), 0.08, 0.04)
    body = put("beach ball", Sphere(radius), wedges, (0, 0, 0), 0.0, 50.0, 0.6)
    motion = Bouncing(
        (x, y, radius), (reach, 0.05), float(rng.uniform(0.4, 0.6)), int(rng.integers(2, 4)), float(rng.uniform())
    )
    return Mover("beach ball", (body,), motion)


def car(rng: Rng, motion: Motion, way: float) -> Mover:
    """A toy car whose wheels turn as they should over a loop of length `way`."""
    seed, number = int(rng.integers(2**16)), int(rng.integers(2**16))
    plan = car_plan(seed, number)
    ground = (CLEARANCE * plan.wheel + plan.height + plan.cabin_height) / 2
    solids = [_worn(solid) for solid in moved(toy_car(seed, number).solids, placed((0, 0, ground)))]
    body = tuple(solid for solid in solids if solid.name != "hub")
    hubs = tuple(solid for solid in solids if solid.name == "hub")
    # The axles point to the right, so that rolling ahead is a negative turn.
    return Mover("car", body, motion, hubs, -round(way / (2 * np.pi * plan.wheel)))


def _worn(solid: Solid) -> Solid:
    return replace(solid, material=replace(solid.material, texture=Weathered(solid.material.texture, 0.16, 0.05)))


def train(rng: Rng, scheme: Scheme, oval: Oval) -> list[Mover]:
    """A locomotive and two wagons, one behind the other on an oval track."""
    parts = [("locomotive", _locomotive(rng, scheme)), ("wagon", _wagon(rng, scheme)), ("wagon", _wagon(rng, scheme))]
    return [
        Mover(name, body, replace(oval, start=oval.start - oval.way * number * 0.45 / oval.length))
        for number, (name, body) in enumerate(parts)
    ]


def _undercarriage() -> list[Solid]:
    tyre = Segments((INK, lighten(INK, 0.3)), 8)
    return [
        put("wheel", cylinder(0.045, 0.03), tyre, (x, y, 0.045), 0, 90) for x in (-0.09, 0.09) for y in (-0.085, 0.085)
    ]


def _locomotive(rng: Rng, scheme: Scheme) -> Solids:
    one, other = scheme.pair(rng)
    paint = Weathered(Plain(one), 0.2, 0.04)
    return (
        *_undercarriage(),
        put("chassis", Box((0.17, 0.09, 0.025)), Weathered(Plain(INK), 0.3), (0, 0, 0.075)),
        put("cab", Box((0.06, 0.09, 0.10)), paint, (-0.1, 0, 0.2)),
        put("cab roof", Box((0.075, 0.105, 0.012)), Plain(other), (-0.1, 0, 0.31)),
        Solid(
            "boiler",
            cylinder(0.068, 0.22),
            Material(Weathered(Stripes((other, other, IVORY), 0.035)), 0.5),
            placed((0.06, 0, 0.165), 90, 90),
        ),
        put("funnel", Cone(0.022, 0.04, 0.11), Plain(INK), (0.12, 0, 0.27)),
        put("dome", Sphere(0.035), Plain(BRASS), (0.03, 0, 0.235), gloss=0.7),
    )


def _wagon(rng: Rng, scheme: Scheme) -> Solids:
    one, other = scheme.pair(rng)
    sides = Motifs(Weathered(Plain(one)), (IVORY, other), 0.085, some_motif(rng), 0.8, staggered=False)
    load = Sphere(0.07)
    return (
        *_undercarriage(),
        put("chassis", Box((0.16, 0.085, 0.02)), Weathered(Plain(INK), 0.3), (0, 0, 0.075)),
        put("wagon", Box((0.155, 0.09, 0.065)), sides, (0, 0, 0.155)),
        put("load", load, Segments((other, IVORY), 8), (-0.07, 0, 0.24), 0, 60),
        put("load", load, Segments((scheme.accent(rng), IVORY), 8), (0.07, 0, 0.24), 40, 70),
    )


def turntable(rng: Rng, scheme: Scheme, x: float, y: float, base: float) -> Mover:
    """A die on its corner, or a ring, that turns on a plate at height `base`."""
    one, other = scheme.pair(rng)
    plate = Rosette((one, IVORY, other), (0.09, 0.14), 2, IVORY, 12)
    half = float(rng.uniform(0.105, 0.125))
    solids = [put("plate", cylinder(0.2, 0.03), plate, (0, 0, 0.015))]
    if rng.uniform() < 0.6:
        # A cube on its corner: tilted by 45 degrees, then by the angle of its diagonal.
        pose = placed((0, 0, 0.03 + half * 1.62)) @ placed((0, 0, 0), 0, 54.74) @ placed((0, 0, 0), 45)
        die = Material(Weathered(Die(IVORY, scheme.accent(rng), half), 0.06), 0.5, 90)
        solids.append(Solid("die", Box((half, half, half), half * 0.2), die, pose))
    else:
        rings = Segments((one, IVORY, other, IVORY), 16)
        solids.append(put("ring", Torus(0.13, 0.05), rings, (0, 0, 0.2), 0, 90, 0.6))
    turns = int(rng.choice([-1, 1]))
    return Mover("turntable", tuple(solids), Turning((x, y, base), turns, float(rng.uniform(0, 360))))


def stand(scheme: Scheme, x: float, y: float, height: float) -> Solids:
    """What a turntable stands on; it stays still."""
    wood = Planks(scheme.woods, 0.05, 0.6, upright=True)
    return (put("stand", Cone(0.19, 0.15, height), wood, (x, y, height / 2)),)


def pendulum(rng: Rng, scheme: Scheme, x: float, y: float, lowest: float) -> Mover:
    """A ball or a clock's disc on a rod, above everything lower than `lowest`."""
    one, other = scheme.pair(rng)
    radius = float(rng.uniform(0.13, 0.17))
    length = PIVOT - lowest - radius
    rod = Stripes((BRASS, lighten(BRASS, -0.4)), 0.06)
    solids = [put("rod", cylinder(0.012, length), rod, (0, 0, -length / 2), gloss=0.6)]
    if rng.uniform() < 0.5:
        wedges = Weathered(Segments((one, IVORY, other), 12, 4.0), 0.08, 0.04)
        solids.append(put("bob", Sphere(radius), wedges, (0, 0, -length), gloss=0.6))
    else:
        face = Rosette((one, IVORY, other, INK), (radius * 0.3, radius * 0.65, radius * 0.9), 1, one, 12)
        solids.append(put("disc", cylinder(radius, 0.05), face, (0, 0, -length), 0, 90, 0.5))
    motion = Swinging((x, y, PIVOT), float(rng.uniform(-12, 12)), float(rng.uniform(16, 22)), float(rng.uniform()))
    return Mover("pendulum", tuple(solids), motion)


def mobile(rng: Rng, scheme: Scheme, x: float, y: float, lowest: float) -> Mover:
    """Shapes that hang from the ends of a cross and go around."""
    reach, bar = float(rng.uniform(0.30, 0.38)), lowest + 0.62
    thread = Plain((0.3, 0.3, 0.34))
    rod = Stripes((BRASS, lighten(BRASS, -0.4)), 0.05, axis=0)
    solids = [put("line", cylinder(0.006, PIVOT - bar), thread, (0, 0, (PIVOT + bar) / 2))]
    solids += [put("rod", Box((reach, 0.01, 0.01)), rod, (0, 0, bar), turn) for turn in (0, 90)]
    for number in range(4):
        one, other = scheme.pair(rng)
        low = lowest + 0.12 + 0.09 * number
        at = placed((0, 0, 0), 90 * number) @ placed((reach, 0, low))
        wedges = Material(Weathered(Segments((one, IVORY, other), 9), 0.08, 0.04), 0.5)
        motif = Material(Motifs(Plain(one), (IVORY, other), 0.075, some_motif(rng), staggered=False), 0.4)
        shape, skin = ((Sphere(0.10), wedges), (Box((0.075, 0.075, 0.075), 0.01), motif))[number % 2]
        solids.append(Solid("hung", shape, skin, at))
        line = placed((0, 0, 0), 90 * number) @ placed((reach, 0, (low + bar) / 2))
        solids.append(Solid("thread", cylinder(0.005, bar - low), Material(thread), line))
    return Mover("mobile", tuple(solids), Turning((x, y, 0), int(rng.choice([-1, 1])), float(rng.uniform(0, 90))))


def balloon(rng: Rng, scheme: Scheme, place: Place) -> Mover:
    """A hot-air balloon that rises and sinks."""
    one, other = scheme.pair(rng)
    radius = float(rng.uniform(0.20, 0.26))
    envelope = Weathered(Segments((one, IVORY, other, IVORY), 12), 0.08, 0.05)
    weave = Planks(scheme.woods, 0.02, 0.08, 0.004)
    solids = [
        put("envelope", Sphere(radius), envelope, (0, 0, 0), gloss=0.4),
        put("skirt", Cone(0.055, radius * 0.66, radius * 0.75), envelope, (0, 0, -radius * 1.05)),
        put("basket", Box((0.05, 0.05, 0.04), 0.008), weave, (0, 0, -radius * 1.9)),
    ]
    for angle in (45, 135, 225, 315):
        x, y = (0.06 * float(f(np.radians(angle))) for f in (np.cos, np.sin))
        rope = cylinder(0.004, radius * 0.5)
        solids.append(put("rope", rope, Plain(INK), (x, y, -radius * 1.65)))
    motion = Floating(place, float(rng.uniform(0.12, 0.2)), float(rng.uniform(0.15, 0.3)), float(rng.uniform()))
    return Mover("balloon", tuple(solids), motion)


def plane(rng: Rng, scheme: Scheme, oval: Oval) -> Mover:
    """A toy aeroplane in a bank."""
    one, other = scheme.pair(rng)
    paint = Weathered(Stripes((one, one, IVORY), 0.06), 0.12, 0.04)
    wing = Weathered(Stripes((other, IVORY), 0.07, axis=1), 0.1, 0.04)
    along = placed((0, 0, 0), 90, 90)
    body = (
        Solid("fuselage", Cone(0.03, 0.065, 0.40), Material(paint, 0.5), along),
        put("nose", Sphere(0.064), Plain(IVORY), (0.20, 0, 0), gloss=0.6),
        put("wing", Box((0.055, 0.30, 0.010), 0.008), wing, (0.07, 0, 0.03)),
        put("lower wing", Box((0.05, 0.26, 0.010), 0.008), wing, (0.07, 0, -0.07)),
        put("tail", Box((0.035, 0.12, 0.008)), wing, (-0.18, 0, 0.02)),
        put("fin", Box((0.035, 0.008, 0.06)), Weathered(Plain(other)), (-0.18, 0, 0.07)),
    )
    blades = (Solid("propeller", Box((0.12, 0.014, 0.006)), Material(Plain(INK), 0.5), placed((0.27, 0, 0)) @ along),)
    return Mover("plane", body, oval, blades, 7)


def crossing_car(rng: Rng, y: float, reach: float, ahead: bool) -> Mover:
    """A car from beyond one edge of the picture to beyond the other."""
    ends = (-reach, reach) if ahead else (reach, -reach)
    return car(rng, Crossing(y, 0.0, ends, float(rng.uniform())), 2 * reach)
