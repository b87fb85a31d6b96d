"""Pictures of 512x512 of a hundred thousand and of a million splats, against a plain drawing by torch, and in time.

The scene is made up, as trained ones are: flat splats on surfaces, about as large as they are apart, with harmonics of
degree 3.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engines.core.camera import Camera, look_at
from engines.core.engine import never_stop
from engines.splats.drawing import Drawing
from engines.splats.splats import Splats
from tests.benchmarks.measuring import Measure
from tests.engines.splats.plain_drawing import plain
from tests.engines.splats.scenes import NEAR, made

BALLS, SIDE_PX = 24, 512
TIMES_MS = {100_000: 150, 1_000_000: 1000}


def surfaces(count: int) -> Splats:
    """Balls over a floor, z up."""
    chance = np.random.default_rng(0)
    middles = np.concatenate([chance.uniform(-3, 3, (BALLS, 2)), chance.uniform(0.2, 1.5, (BALLS, 1))], axis=1)
    radii, which = chance.uniform(0.2, 0.8, BALLS), chance.integers(0, BALLS, count)
    outwards = chance.normal(size=(count, 3))
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    positions = middles[which] + radii[which, None] * outwards
    floor = chance.random(count) < 0.3
    positions[floor] = np.concatenate([chance.uniform(-5, 5, (floor.sum(), 2)), np.zeros((floor.sum(), 1))], axis=1)
    outwards[floor] = 0, 0, 1
    apart = np.sqrt((100 + 4 * np.pi * (radii**2).sum()) / count)
    scales = np.log(0.8 * apart) + chance.normal(0, 0.5, (count, 3)) + np.log([1, 1, 0.1])
    turns = np.stack([1 + outwards[:, 2], -outwards[:, 1], outwards[:, 0], np.full(count, 1e-6)], axis=1)
    harmonics = chance.normal(0, 0.1, (count, 16, 3))
    harmonics[:, 0] *= 10
    return made((positions, scales, turns, chance.normal(1, 2, count), harmonics))


def camera() -> Camera:
    pose = look_at(np.array([5.8, 4.0, 3.0]), np.array([0, 0, 0.5]), np.array([0, 0, 1.0]))
    return Camera(pose, (0.9 * SIDE_PX,) * 2, (SIDE_PX / 2,) * 2, (SIDE_PX, SIDE_PX))


def drawing(count: int) -> Drawing:
    return Drawing(surfaces(count), NEAR, torch.get_num_threads)


def benchmark_against_torch(measure: Measure) -> None:
    ours = drawing(100_000)
    measure.ratio(
        lambda: plain(ours.splats, camera(), NEAR, torch.float32),
        lambda: ours.draw(camera(), never_stop),
        at_least=10,
        rounds=3,
    )


@pytest.mark.parametrize("count", TIMES_MS)
def benchmark_time(count: int, measure: Measure) -> None:
    ours = drawing(count)
    measure.milliseconds(lambda: ours.draw(camera(), never_stop), at_most=TIMES_MS[count], rounds=10)
