"""Shapes against hand-worked numbers, and against a slow march along the ray."""

from __future__ import annotations

import numpy as np
import pytest

from app.synthetic.shapes import Box, Cone, Shape, Sphere, Torus, cylinder, length, unit
from engines.core.camera import Array

SHAPES: dict[str, Shape] = {
    "sphere": Sphere(0.3),
    "box": Box((0.3, 0.2, 0.1)),
    "rounded box": Box((0.3, 0.2, 0.15), rounding=0.06),
    "cone": Cone(0.25, 0.0, 0.5),
    "funnel": Cone(0.1, 0.3, 0.2),
    "cylinder": cylinder(0.2, 0.3),
    "rod": cylinder(0.005, 0.6),
    "torus": Torus(0.25, 0.07),
}
each_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())


def hit(shape: Shape, origin: tuple[float, float, float], direction: tuple[float, float, float]) -> float:
    ray = unit(np.array([direction], dtype=np.float64))
    return float(shape.hit(np.array([origin], dtype=np.float64), ray)[0])


def rays_towards(shape: Shape, count: int) -> tuple[Array, Array]:
    """Rays from a ball of twice the shape's radius to points within the ball around it."""
    rng = np.random.default_rng(3)
    origins = 2 * shape.radius * unit(rng.normal(size=(count, 3)))
    targets = shape.radius * rng.uniform(-1, 1, (count, 3)) * 0.8
    return origins, unit(targets - origins)


HALF_ROOT = float(np.sqrt(0.5))


@pytest.mark.parametrize(
    ("shape", "origin", "direction", "expected"),
    [
        (Sphere(0.5), (0, 0, -2), (0, 0, 1), 1.5),
        (Sphere(0.5), (0.3, 0, -2), (0, 0, 1), 1.6),  # 0.3, 0.4, 0.5
        (Sphere(0.5), (0, 0, 0), (1, 0, 0), 0.5),  # from inside
        (Sphere(0.5), (0, 0, 2), (0, 0, 1), np.inf),  # behind
        (Sphere(0.5), (0.51, 0, -2), (0, 0, 1), np.inf),
        (Box((1, 2, 3)), (0.5, -0.5, 10), (0, 0, -1), 7),
        (Box((1, 2, 3)), (3, 0, 0), (-1, 1, 0), 2 * np.sqrt(2)),  # meets the edge x = 1, y = 2
        (Box((1, 2, 3)), (3, 0.1, 0), (-1, 1, 0), np.inf),
        (Box((1, 1, 1), rounding=0.25), (0.2, 0.3, 5), (0, 0, -1), 4),  # flat part
        (Box((1, 1, 1), rounding=0.25), (10, 10, 10), (-1, -1, -1), 9.25 * np.sqrt(3) - 0.25),  # corner
        (Box((1, 1, 1), rounding=0.25), (0.99, 0.99, 5), (0, 0, -1), np.inf),  # where a sharp one would be
        (cylinder(0.5, 2), (-3, 0.3, 0.9), (1, 0, 0), 2.6),
        (cylinder(0.5, 2), (0.3, 0.3, 5), (0, 0, -1), 4),
        (cylinder(0.5, 2), (-3, 0, 1.01), (1, 0, 0), np.inf),
        (Cone(1, 0, 2), (-3, 0, 0), (1, 0, 0), 2.5),  # half as wide in the middle
        (Cone(1, 0, 2), (0, 0, 4), (0, 0, -1), 3),  # the tip
        (Cone(1, 0, 2), (0.9, 0, -4), (0, 0, 1), 3),  # the base
        (Cone(1, 0, 2), (-3, 0, 1.5), (1, 0, 0), np.inf),  # the mirror cone above the tip is not there
        (Cone(1, 0.5, 2), (-3, 0, 0.5), (1, 0, 0), 3 - 0.625),
        (Torus(1, 0.25), (-3, 0, 0), (1, 0, 0), 1.75),
        (Torus(1, 0.25), (0, 0, 0), (1, 0, 0), 0.75),  # from the hole outwards
        (Torus(1, 0.25), (0, 0, 3), (0, 0, -1), np.inf),  # through the hole
        (Torus(1, 0.25), (0, 1, 3), (0, 0, -1), 2.75),
        (Torus(1, 0.25), (-3, 0, 0.2), (1, 0, 0), 2 - 0.15),  # 0.15, 0.2, 0.25
    ],
)
def test_hits_worked_by_hand(
    shape: Shape,
    origin: tuple[float, float, float],
    direction: tuple[float, float, float],
    expected: float,
) -> None:
    assert hit(shape, origin, direction) == pytest.approx(expected, abs=1e-9)


@each_shape
def test_hits_lie_on_the_surface_and_nothing_comes_before(shape: Shape) -> None:
    origins, directions = rays_towards(shape, 300)
    found = shape.hit(origins, directions)
    assert np.isfinite(found).sum() >= 4
    # Slow reference: the sign of the distance at many points of each ray.
    steps = np.linspace(0, 4 * shape.radius, 1500)
    points = origins[:, None] + steps[:, None] * directions[:, None]
    inside = shape.distance(points.reshape(-1, 3)).reshape(len(origins), -1) < -1e-9
    first = np.where(inside.any(axis=1), steps[inside.argmax(axis=1)], np.inf)
    assert (found <= first).all()
    assert (first[np.isinf(found)] == np.inf).all()
    on = np.isfinite(found)
    # 1e-6: a ray that grazes a torus ends within the tracing's own tolerance.
    assert np.abs(shape.distance(origins[on] + found[on, None] * directions[on])).max() < 1e-6


@each_shape
def test_normals_are_where_distance_grows(shape: Shape) -> None:
    origins, directions = rays_towards(shape, 400)
    found = shape.hit(origins, directions)
    on = np.isfinite(found)
    points = origins[on] + found[on, None] * directions[on]
    # A little outside of the surface the distance is smooth but for the fans about sharp edges.
    normals = shape.normals(points)
    step = 1e-5
    outside = points + 2 * step * normals
    slope = np.stack([shape.distance(outside + d) - shape.distance(outside - d) for d in step * np.eye(3)], axis=1)
    assert np.allclose(slope / (2 * step), normals, atol=1e-3)
    assert np.allclose(length(normals), 1)


@each_shape
def test_radius_holds_the_shape(shape: Shape) -> None:
    origins, directions = rays_towards(shape, 2000)
    found = shape.hit(origins, directions)
    on = np.isfinite(found)
    reach = length(origins[on] + found[on, None] * directions[on]).max()
    assert reach <= shape.radius + 1e-9
    outwards = unit(np.random.default_rng(0).normal(size=(200, 3)))
    assert (shape.distance(outwards * shape.radius * 1.001) > 0).all()


def test_distance_worked_by_hand() -> None:
    def at(shape: Shape, x: float, y: float, z: float) -> float:
        return float(shape.distance(np.array([[x, y, z]]))[0])

    assert at(Box((1, 1, 1)), 4, 5, 1) == pytest.approx(5)  # 3, 4, 5 from the edge
    assert at(Box((1, 1, 1)), 0.5, 0, 0) == pytest.approx(-0.5)
    assert at(Cone(1, 0, 2), 0, 0, 2) == pytest.approx(1)
    assert at(Cone(1, 0, 2), 0, 0, -1.5) == pytest.approx(0.5)
    assert at(cylinder(1, 2), 4, 0, 5) == pytest.approx(5)
    assert at(Torus(1, 0.25), 0, 0, 0) == pytest.approx(0.75)
