"""The true surface: on it, evenly, and of the whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.synthetic.materials import Material, Plain
from app.synthetic.scene import Solid, SyntheticScene, placed
from app.synthetic.shapes import Box, Shape, Sphere, Torus, cylinder
from app.synthetic.toy_car import toy_car
from app.synthetic.truth import inside, surface_points, write_truth

WHITE = Material(Plain((1, 1, 1)))


def scene_of(*shapes: tuple[Shape, tuple[float, float, float]]) -> SyntheticScene:
    return SyntheticScene(tuple(Solid("", shape, WHITE, placed(at, 20.0)) for shape, at in shapes))


def drawn(scene: SyntheticScene, count: int = 6000) -> tuple[np.ndarray, np.ndarray]:
    return surface_points(scene, count, np.random.default_rng(0))


def test_points_are_on_the_outer_surface_and_normals_look_out_of_it() -> None:
    scene = toy_car(3, 1)
    points, normals = drawn(scene)
    assert len(points) == 6000
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1)
    apart = np.min([solid.shape.distance(solid.to_object(points)) for solid in scene.solids], axis=0)
    # A crossing of a torus is found by steps that end within 1e-7.
    assert np.abs(apart).max() < 1e-6
    assert (
        not inside(scene.solids, points + 1e-4 * normals).mean() > 0.01
        and inside(scene.solids, points - 1e-4 * normals).all()
    )


def test_points_are_spread_evenly() -> None:
    """A ball, a box and a ring far apart have their areas' shares; on the ball all directions are alike."""
    scene = scene_of((Sphere(0.2), (-1, 0, 0)), (Box((0.2, 0.1, 0.05)), (0, 0, 0)), (Torus(0.2, 0.05), (1, 0, 0)))
    points, _ = drawn(scene, 20_000)
    place = np.round(points[:, 0])
    areas = np.array([4 * np.pi * 0.2**2, 8 * (0.02 + 0.01 + 0.005), 4 * np.pi**2 * 0.2 * 0.05])
    shares = np.array([(place == at).mean() for at in (-1, 0, 1)])
    np.testing.assert_allclose(shares, areas / areas.sum(), atol=0.015)
    ball = (points[place == -1] + [1, 0, 0]) / 0.2
    np.testing.assert_allclose((ball**2).mean(axis=0), 1 / 3, atol=0.02)
    # Of a ring more than half lies on its outer side.
    ring = np.hypot(*(points[place == 1] - [1, 0, 0])[:, :2].T)
    assert (ring > 0.2).mean() == pytest.approx(0.5 + 0.05 / (np.pi * 0.2), abs=0.03)


def test_what_lies_within_another_solid_is_no_surface() -> None:
    points, _ = drawn(scene_of((Sphere(0.2), (0, 0, 0)), (cylinder(0.1, 0.3), (0, 0, 0))))
    assert (np.linalg.norm(points, axis=1) > 0.2 - 1e-6).all()


def test_files_are_those_of_occupancy_networks(tmp_path: Path) -> None:
    write_truth(tmp_path, scene_of((Sphere(0.4), (0, 0, 0))))
    with np.load(tmp_path / "pointcloud.npz") as cloud, np.load(tmp_path / "points.npz") as known:
        np.testing.assert_allclose(np.linalg.norm(cloud["points"], axis=1), 0.4, rtol=1e-5)
        np.testing.assert_allclose(cloud["normals"], cloud["points"] / 0.4, atol=1e-5)
        within = np.unpackbits(known["occupancies"])[: len(known["points"])].astype(bool)
        assert np.array_equal(within, np.linalg.norm(known["points"], axis=1) < 0.4)
        assert np.abs(known["points"]).max() <= 0.5 and within.mean() == pytest.approx(0.268, abs=0.01)
