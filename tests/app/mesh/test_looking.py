"""Where a mesh is looked at from, and the box it is made in."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.mesh.cameras import mesh_box, mesh_cameras, sphere_cameras, spread
from app.mesh.depth_views import depth_view, seen_points
from engines.core.camera import look_at
from engines.core.data.dataset import Dataset
from engines.core.data.views import View, Views
from tests.app.ball_scene import UP, BallScene, draw_ball, ring


def test_thinned_cameras_are_spread_and_each_once() -> None:
    cameras = ring(12)
    thinned = spread(cameras * 3, 4)
    angles = sorted(np.degrees(np.arctan2(camera.position[1], camera.position[0])) % 360 for camera in thinned)
    assert np.diff(angles).min() >= 60
    assert len(spread(cameras * 3, 100)) == 12


def test_the_data_folder_s_training_cameras_come_first() -> None:
    views = [View(camera, f"{i}", "train") for i, camera in enumerate(ring(5, (640, 480)))]
    views += [View(camera, f"t{i}", "test") for i, camera in enumerate(ring(7))]
    dataset = Dataset(Views.of(views), Path("folder"), "ball", BallScene.bounds, UP)
    cameras = mesh_cameras(BallScene(), dataset, 0, 60)
    assert [camera.size_px for camera in cameras] == [(512, 384)] * 5
    assert len(mesh_cameras(BallScene(), None, 0, 60)) == 8


def test_without_cameras_a_sphere_of_them_looks_at_the_middle() -> None:
    cameras = sphere_cameras(ring(1)[0], BallScene.bounds, UP, 30)
    positions = np.array([camera.position for camera in cameras])
    np.testing.assert_allclose(np.linalg.norm(positions, axis=1), np.sqrt(17), rtol=1e-9)
    assert np.linalg.norm(positions.mean(axis=0)) < 0.2
    for camera in cameras:
        np.testing.assert_allclose(camera.forward, -camera.position / np.sqrt(17), atol=1e-9)


def test_the_box_of_a_capture_that_faces_one_way_is_what_it_sees() -> None:
    lens = ring(1, (64, 64))[0]
    cameras = tuple(lens.at(look_at(np.array([4.0, y, 0.5]), np.array([0, y, 0.5]), UP)) for y in (-0.2, 0.0, 0.2))
    views = [depth_view(camera, draw_ball(camera), None, 0) for camera in cameras]
    np.testing.assert_allclose(np.linalg.norm(seen_points(views[0]), axis=1), 1, atol=1e-5)
    box = mesh_box(BallScene(), views)
    assert box[0, 0] > -0.1 and 0.9 < box[1, 0] <= 1.001
    around = [depth_view(camera, draw_ball(camera), None, 0) for camera in ring(4)]
    np.testing.assert_allclose(mesh_box(BallScene(), around), [[-1.06] * 3, [1.06] * 3])
