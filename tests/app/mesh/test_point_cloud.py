"""Point clouds, whole and cropped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import trimesh

from app.mesh.point_cloud import run_points
from app.rendering.crop_box import CropBox, cropped_depths
from engines.core.camera import Array
from engines.core.engine import never_stop
from engines.core.errors import UserError
from tests.app.ball_scene import BallScene, ring

POINTS = np.random.default_rng(3).uniform(-1, 1, (400, 3))
BOX = CropBox((-0.5, -1.0, 0.0), (0.25, 1.0, 0.75))


class Cloud(BallScene):
    """Knows points; the colour of each is its place."""

    def points(self, controls: Mapping[str, float]) -> Mapping[str, Array]:
        return {"points": POINTS, "colours": (POINTS + 1) / 2}


def test_points_in_the_box_are_written_with_their_colours(tmp_path: Path) -> None:
    out, origin = tmp_path / "cloud.ply", np.array([10.0, -20.0, 5.0])
    made = run_points(Cloud(), out, {}, origin, never_stop, box=BOX)
    inside = ((np.array(BOX.low) <= POINTS) & (np.array(BOX.high) >= POINTS)).all(axis=1)
    cloud = trimesh.load(out)
    assert isinstance(cloud, trimesh.PointCloud) and 20 < inside.sum() < 200
    assert made.points == len(cloud.vertices) == inside.sum()
    np.testing.assert_allclose(np.asarray(cloud.vertices) - origin, POINTS[inside], atol=1e-5)
    np.testing.assert_allclose(np.asarray(cloud.colors)[:, :3] / 255, (POINTS[inside] + 1) / 2, atol=0.5 / 255 + 1e-9)


def test_a_box_without_points_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    out = tmp_path / "cloud.ply"
    with pytest.raises(UserError, match="crop box: none of the scene's 400 points lies in it"):
        run_points(Cloud(), out, {}, np.zeros(3), never_stop, box=CropBox((2, 2, 2), (3, 3, 3)))
    assert not out.exists()


def test_depth_maps_are_endless_outside_of_the_box() -> None:
    scene, cameras = Cloud(), ring(3)
    frames = [scene.render(camera, {}, never_stop) for camera in cameras]
    depths = [np.asarray(frame.depth) for frame in frames if frame.depth is not None]
    maps = {
        "depth": np.stack(depths),
        "camera_to_world": np.stack([camera.camera_to_world for camera in cameras]),
        "K": np.stack([camera.intrinsics for camera in cameras]),
    }
    assert cropped_depths(maps, None) is maps
    cropped = cropped_depths(maps, BOX)["depth"]
    assert np.isfinite(maps["depth"]).sum() > np.isfinite(cropped).sum() > 0
    for camera, depth, before in zip(cameras, cropped, maps["depth"], strict=True):
        rows, columns = np.nonzero(np.isfinite(before))
        z = before[rows, columns].astype(float)
        pixels = np.stack([columns + 0.5, rows + 0.5, np.ones(len(rows))])
        points = (camera.camera_to_world[:3, :3] @ (np.linalg.inv(camera.intrinsics) @ pixels * z)).T + camera.position
        clear = np.abs(points[:, :, None] - BOX.bounds.T[None]).min(axis=(1, 2)) > 1e-4
        np.testing.assert_array_equal(np.isfinite(depth[rows, columns])[clear], BOX.holds(points)[clear])
        kept = np.isfinite(depth)
        np.testing.assert_array_equal(depth[kept], before[kept])
