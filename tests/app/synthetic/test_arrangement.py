from __future__ import annotations

import numpy as np
import pytest

from app.synthetic.arrangement import FLOOR, still_life
from app.synthetic.scene import BALL_RADIUS, Solid
from app.synthetic.shapes import length, unit
from app.synthetic.viewpoints import GRID_RADIUS
from engines.core.camera import Array

STANDING = ("block", "striped ball", "cone", "doughnut", "die", "ring", "pin base")
seeds = pytest.mark.parametrize("seed", range(12))


def surface(solid: Solid, count: int = 1500) -> Array:
    """[N, 3] points on it, world."""
    rng = np.random.default_rng(0)
    origins = 1.5 * solid.shape.radius * unit(rng.normal(size=(count, 3)))
    targets = solid.shape.radius * rng.uniform(-1, 1, (count, 3))
    directions = unit(targets - origins)
    found = solid.shape.hit(origins, directions)
    on = np.isfinite(found)
    points = origins[on] + found[on, None] * directions[on]
    return np.asarray(points @ solid.rotation.T + solid.centre)


@seeds
def test_everything_is_in_the_ball_and_above_the_floor(seed: int) -> None:
    for solid in still_life(seed).solids:
        points = surface(solid)
        assert len(points) > 10
        assert length(points).max() <= BALL_RADIUS < GRID_RADIUS
        if solid.name in STANDING:
            assert points[:, 2].min() >= FLOOR - 1e-9


@seeds
def test_pieces_stand_apart_on_the_plinth(seed: int) -> None:
    solids = [solid for solid in still_life(seed).solids if solid.name in STANDING]
    assert {solid.name for solid in solids} == set(STANDING)
    for solid in solids:
        points = surface(solid, 400)
        for other in solids:
            if other is not solid:
                assert other.shape.distance(other.to_object(points)).min() > 0.004, (solid.name, other.name)


def test_seeds_decide() -> None:
    def numbers(seed: int) -> list[tuple[str, object, object, bytes]]:
        return [(s.name, s.shape, s.material, s.object_to_world.tobytes()) for s in still_life(seed).solids]

    assert numbers(5) == numbers(5)
    assert numbers(5) != numbers(6)
