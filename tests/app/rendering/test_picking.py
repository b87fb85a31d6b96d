"""The point under a pixel of what is seen, also of previews."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.rendering.picking import picked_point, reprojected_point
from app.rendering.render_requests import RenderedImage, RenderRequest, point_at
from engines.core.camera import Camera
from tests.app.gui.fake_scene import UP, draw, ring


def exact_of(camera: Camera) -> RenderedImage:
    frame = draw(camera)
    pixels = (frame.image.numpy() * 255).astype(np.uint8)
    return RenderedImage(RenderRequest(camera, {}), "exact", pixels, camera, 1.0, frame)


def moved(camera: Camera, degrees: float, nearer: float = 1.0) -> Camera:
    """The camera turned about the middle of the balls."""
    angle = np.radians(degrees)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    pose = turn @ camera.camera_to_world
    pose[:3, 3] *= nearer
    return camera.at(pose)


@pytest.mark.parametrize(("degrees", "nearer", "share"), [(0, 1.0, 0.95), (6, 0.9, 0.95), (-15, 1.2, 0.9)])
def test_previews_are_asked_for_what_they_show(degrees: float, nearer: float, share: float) -> None:
    camera = ring(12, (128, 128))[0]
    exact = exact_of(camera)
    # A preview may be smaller than the exact picture.
    seen_by = moved(camera, degrees, nearer).resized((96, 96))
    seen = RenderedImage(exact.request, "preview", np.zeros((96, 96, 3), np.uint8), seen_by, 1.0)
    truth = exact_of(seen_by)
    wrong_if_exact, found = list[bool](), list[bool]()
    for v in range(3, 96, 6):
        for u in range(3, 96, 6):
            wanted, point = (picked_point(picture, exact, u + 0.5, v + 0.5) for picture in (truth, seen))
            if wanted is None or point is None:
                continue
            found.append(bool(np.linalg.norm(point - wanted) < 0.06))
            before = point_at(exact, (u + 0.5) * 128 / 96, (v + 0.5) * 128 / 96)
            wrong_if_exact.append(before is None or bool(np.linalg.norm(before - wanted) > 0.06))
    assert len(found) > 60 and np.mean(found) >= share
    # The exact picture's own pixel shows another place.
    assert degrees == 0 or np.mean(wrong_if_exact) > 0.6


def test_what_is_nearer_hides_what_is_behind_and_nothing_is_nothing() -> None:
    camera = ring(4, (64, 64))[0]
    depth = np.full((64, 64), np.inf, np.float32)
    depth[:, 20:] = 3.0
    depth[24:40, 24:40] = 1.5
    # From the side the near square lies before what was seen beside it.
    by = camera.at(camera.camera_to_world @ shifted(0.4))
    (square,) = [reprojected_point(depth, camera, by, u, 32.0) for u in (32.0 - 0.4 * camera.focal_px[0] / 1.5,)]
    assert square is not None and (square - by.position) @ by.forward == pytest.approx(1.5, rel=1e-3)
    assert reprojected_point(depth, camera, by, 1.0, 32.0) is None
    for u, v in ((-1.0, 5.0), (64.0, 5.0), (5.0, 64.5)):
        assert reprojected_point(depth, camera, by, u, v) is None
    assert reprojected_point(np.full((64, 64), np.inf, np.float32), camera, by, 30.0, 30.0) is None


def test_a_coarse_preview_has_its_own_depth_and_without_any_there_is_no_point() -> None:
    camera = ring(4, (64, 64))[0]
    exact = exact_of(camera)
    coarse = replace(exact_of(camera.resized((16, 16))), kind="preview")
    np.testing.assert_array_equal(picked_point(coarse, exact, 8.0, 8.0), point_at(coarse, 8.0, 8.0))
    preview = replace(coarse, frame=None)
    assert picked_point(preview, None, 8.0, 8.0) is None
    assert exact.frame is not None
    flat = replace(exact, frame=replace(exact.frame, depth=None))
    assert picked_point(preview, flat, 8.0, 8.0) is None and picked_point(flat, flat, 8.0, 8.0) is None


def shifted(right: float) -> np.ndarray:
    pose = np.eye(4)
    pose[0, 3] = right
    return pose


def test_the_middle_of_the_picture_is_where_the_camera_looks() -> None:
    camera = ring(12, (128, 128))[3]
    exact = exact_of(camera)
    seen = replace(exact, kind="preview", frame=None)
    for u, v in ((64.5, 64.5), (40.4, 80.6)):
        point, wanted = picked_point(seen, exact, u, v), point_at(exact, u, v)
        assert point is not None and wanted is not None
        np.testing.assert_allclose(point, wanted, atol=0.02)
    assert UP @ camera.down < 0
