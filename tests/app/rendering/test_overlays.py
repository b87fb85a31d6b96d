"""Overlay lines: what they are, and where they are cut."""

from __future__ import annotations

import numpy as np
import pytest

from app.rendering import overlays
from app.rendering.overlays import LineSegments, visible_segments
from engines.core.camera import Array, Camera, look_at, project

CAMERA = Camera(np.eye(4), (100.0, 100.0), (50.0, 40.0), (100, 80))


def line(a: list[float], b: list[float]) -> LineSegments:
    return LineSegments(np.array([[a, b]]), np.ones((1, 4), dtype=np.float32))


def seen(a: list[float], b: list[float]) -> Array:
    return visible_segments(CAMERA, line(a, b), (100, 80))[0]


def test_a_line_inside_is_its_projection() -> None:
    np.testing.assert_allclose(seen([0, 0, 1], [0.2, -0.1, 2]), [[[50, 40], [60, 35]]])


def test_a_line_through_the_eyes_plane_ends_at_the_border() -> None:
    # (0.1, 0, 1) is at u = 60; towards z = -1 it leaves on the right at 100 x / z = 50, so z = 0.2.
    np.testing.assert_allclose(seen([0.1, 0, 1], [0.1, 0, -1]), [[[60, 40], [100, 40]]], atol=1e-9)
    np.testing.assert_allclose(seen([0.1, 0, -1], [0.1, 0, 1]), [[[100, 40], [60, 40]]], atol=1e-9)


def test_a_line_from_behind_into_the_eye_stays_finite() -> None:
    pixels = seen([0, 0, -1], [0, 0, 1])
    assert np.isfinite(pixels).all()
    np.testing.assert_allclose(pixels, 50 * np.ones((1, 2, 1)) * [1, 0.8], atol=1e-3)


@pytest.mark.parametrize(
    "ends", [([0, 0, -1], [1, 1, -2]), ([5, 0, 1], [5, 1, 1]), ([-5, -5, 1], [-5, 5, 1]), ([0, 0, 0], [0, 0, 0])]
)
def test_lines_out_of_sight_are_gone(ends: tuple[list[float], list[float]]) -> None:
    assert len(seen(*ends)) == 0


def test_a_line_across_is_cut_on_both_sides() -> None:
    np.testing.assert_allclose(seen([-9, 0.1, 1], [9, 0.1, 1]), [[[0, 50], [100, 50]]], atol=1e-9)


def test_clipping_agrees_with_many_small_points() -> None:
    generator = np.random.default_rng(1)
    ends = generator.normal(0, 1.5, (200, 2, 3))
    segments = LineSegments(ends, np.ones((200, 4), dtype=np.float32))
    segments.colours[:, 0] = np.arange(200)
    pixels, colours = visible_segments(CAMERA, segments, (100, 80))
    found = dict(zip(colours[:, 0].astype(int), pixels, strict=True))
    t = np.linspace(0, 1, 4001)[:, None]
    for index, (a, b) in enumerate(ends):
        at, depth = project(CAMERA, a + t * (b - a))
        inside = (depth > 0) & (at >= 0).all(axis=1) & (at <= (100, 80)).all(axis=1)
        if inside.sum() > 20:
            assert index in found
            # A sample's step is largest near the eye; 2 px at most for these that have many samples inside.
            shown = found[index]
            np.testing.assert_allclose(shown, at[inside][[0, -1]], atol=3)
        elif not inside.any() and index in found:
            assert np.abs(found[index][0] - found[index][1]).max() < 100


def test_pixels_are_of_the_size_shown() -> None:
    pixels, _ = visible_segments(CAMERA, line([0, 0, 1], [0.2, -0.1, 2]), (200, 160))
    np.testing.assert_allclose(pixels, [[[100, 80], [120, 70]]])


def test_no_lines_at_all() -> None:
    pixels, colours = visible_segments(CAMERA, overlays.join([]), (100, 80))
    assert pixels.shape == (0, 2, 2) and colours.shape == (0, 4)


def test_a_box_has_twelve_edges_of_its_sides_lengths() -> None:
    box = overlays.box_segments(np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]]))
    lengths = np.linalg.norm(box.points[:, 1] - box.points[:, 0], axis=1)
    assert sorted(lengths) == [1] * 4 + [2] * 4 + [3] * 4
    assert box.colours.shape == (12, 4)


def test_axes_are_red_green_blue() -> None:
    axes = overlays.axes_segments(np.array([1.0, 1.0, 1.0]), 2.0)
    np.testing.assert_allclose(axes.points[:, 1] - axes.points[:, 0], 2 * np.eye(3))
    assert axes.colours[:, :3].argmax(axis=1).tolist() == [0, 1, 2]


def test_a_camera_is_drawn_as_it_sees() -> None:
    other = Camera(look_at(np.array([3.0, 1, 2]), np.zeros(3), np.array([0, 0, 1.0])), (90, 80), (50, 40), (100, 80))
    drawn = overlays.join(
        [
            overlays.camera_segments([CAMERA], 0.5),
            overlays.camera_segments([other], 0.5, overlays.HIGHLIGHT_RGBA),
        ]
    )
    assert len(drawn.points) == 20
    np.testing.assert_allclose(drawn.colours[10:], np.array([overlays.HIGHLIGHT_RGBA] * 10, dtype=np.float32))
    np.testing.assert_allclose(drawn.colours[:10], np.array([overlays.CAMERA_RGBA] * 10, dtype=np.float32))
    # The far ends of the first four edges are the picture's corners, half a unit deep.
    pixels, depth = project(other, drawn.points[10:14, 1])
    np.testing.assert_allclose(pixels, [[0, 0], [100, 0], [100, 80], [0, 80]], atol=1e-9)
    np.testing.assert_allclose(depth, 0.5)


def test_the_floor_lies_under_the_box_and_is_wider() -> None:
    up = np.array([0.0, 1.0, 0.0])
    floor = overlays.grid_segments(np.array([[-1.0, -1, -1], [1, 3, 1]]), up)
    np.testing.assert_allclose(floor.points @ up, -1, atol=1e-12)
    across = floor.points.reshape(-1, 3)[:, [0, 2]]
    assert across.min() == pytest.approx(-2) and across.max() == pytest.approx(2)
    # 4 units in about 16 squares: the step is 0.5.
    assert len(floor.points) == 2 * 9


def test_cameras_that_stand_close_are_drawn_small() -> None:
    def row(step: float) -> list[Camera]:
        poses = [np.eye(4) for _ in range(5)]
        for index, pose in enumerate(poses):
            pose[0, 3] = index * step
        return [Camera(pose, (50.0, 50.0), (32.0, 32.0), (64, 64)) for pose in poses]

    assert overlays.camera_size(row(10.0), 1.0) == 1.0
    assert overlays.camera_size(row(1.0), 1.0) == pytest.approx(0.4)
    assert overlays.camera_size(row(0.01), 1.0) == 0.25
    assert overlays.camera_size(row(1.0)[:1], 1.0) == 1.0
