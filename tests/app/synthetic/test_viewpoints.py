from __future__ import annotations

import numpy as np
import pytest

from app.synthetic.viewpoints import (
    DISTANCE,
    HIGHEST_DEG,
    LOWEST_DEG,
    hemisphere_cameras,
    orbit_cameras,
    random_cameras,
)
from engines.core.bounds import focus_point
from engines.core.camera import Camera, project
from engines.core.upright import up_direction

PATHS = {
    "hemisphere": hemisphere_cameras(50, 128),
    "random": random_cameras(50, 128, np.random.default_rng(0)),
    "orbit": orbit_cameras(60, 128),
}


@pytest.mark.parametrize("cameras", PATHS.values(), ids=PATHS.keys())
def test_cameras_look_at_the_origin_from_their_distance(cameras: tuple[Camera, ...]) -> None:
    for camera in cameras:
        assert np.linalg.norm(camera.position) == pytest.approx(np.sqrt(3) / 2 + 0.95)
        pixels, depth = project(camera, np.zeros((1, 3)))
        assert pixels[0] == pytest.approx([64, 64]) and depth[0] == pytest.approx(DISTANCE)
        elevation = np.degrees(np.arcsin(camera.position[2] / DISTANCE))
        assert LOWEST_DEG <= elevation <= HIGHEST_DEG
    assert focus_point(cameras) == pytest.approx(np.zeros(3), abs=1e-9)
    assert up_direction(cameras).tolist() == [0, 0, 1]


def test_ball_of_the_grid_fills_85_percent_of_the_picture() -> None:
    camera = hemisphere_cameras(1, 200)[0]
    # The rim of a ball as seen from outside lies where rays touch it.
    sine = 0.5 / DISTANCE
    rim = camera.position + DISTANCE * (camera.forward * np.sqrt(1 - sine**2) + camera.right * sine)
    assert project(camera, rim[None])[0][0, 0] == pytest.approx(100 + 85)


def test_training_views_are_spread_and_orbit_is_smooth() -> None:
    directions = np.stack([-camera.forward for camera in PATHS["hemisphere"]])
    nearest = np.degrees(np.arccos(np.clip(directions @ directions.T - 2 * np.eye(50), -1, 1))).min(axis=1)
    # 50 views share 0.79 of a hemisphere: 18 degrees between neighbours on an ideal lattice.
    assert nearest.min() > 10
    orbit = np.stack([camera.position for camera in (*PATHS["orbit"], PATHS["orbit"][0])])
    steps = np.linalg.norm(np.diff(orbit, axis=0), axis=1)
    assert steps.max() < 2 * steps.min()
