"""Handles of the crop box: found and dragged, by hand-worked numbers."""

from __future__ import annotations

import numpy as np
import pytest

from app.rendering.crop_box import CropBox
from app.rendering.crop_handles import crop_segments, dragged, handle_at, side_middles
from engines.core.camera import Camera

BOX = CropBox((-1.0, -1.0, -1.0), (1.0, 2.0, 1.0))


def ahead() -> Camera:
    """At (0, 0, -5), looking along +z: a point at (x, y, 0) is at pixel (50 + 20 x, 40 + 20 y)."""
    pose = np.eye(4)
    pose[2, 3] = -5
    return Camera(pose, (100.0, 100.0), (50.0, 40.0), (100, 80))


def test_handles_are_found_where_sides_have_their_middles() -> None:
    middles = side_middles(BOX)
    assert middles[1].tolist() == [1.0, 0.5, 0.0] and middles[2].tolist() == [0.0, -1.0, 0.0]
    assert handle_at(ahead(), BOX, 70, 50, 3) == 1 and handle_at(ahead(), BOX, 52.9, 20, 3) == 2
    assert handle_at(ahead(), BOX, 60, 30, 3) is None
    # Lower z, at depth 4, hides upper z, at depth 6: pixels (50, 52.5) and (50, 48.3).
    assert handle_at(ahead(), BOX, 50, 50, 3) == 4
    turned = np.diag([1.0, -1.0, -1.0, 1.0])
    turned[2, 3] = 5
    behind = ahead().at(turned)
    assert handle_at(behind, BOX.moved(np.array([0, 0, 20.0])), 50, 40, 200) is None


def test_a_side_goes_as_far_as_the_mouse_along_its_axis() -> None:
    """20 pixels to the right are a unit of x."""
    moved = dragged(ahead(), BOX, 1, (70, 50), (60, 50))
    assert moved.high == pytest.approx((0.5, 2.0, 1.0)) and moved.low == BOX.low
    assert dragged(ahead(), BOX, 2, (50, 20), (50, 10)).low == pytest.approx((-1.0, -1.5, -1.0))
    # It was taken hold of beside its middle: it does not jump there.
    assert dragged(ahead(), BOX, 1, (73, 50), (73, 50)) == BOX


def test_sides_never_meet_and_what_points_at_the_eye_stays() -> None:
    across = dragged(ahead(), BOX, 1, (70, 50), (-200, 50))
    assert across.high[0] == pytest.approx(-1 + 0.01 * 3) and across.low == BOX.low
    assert dragged(ahead(), BOX, 4, (50, 40), (50, 40)) == dragged(ahead(), BOX, 4, (50, 40), (50.5, 40)) == BOX
    thin = CropBox((0.0, -1.0, -1.0), (0.001, 2.0, 1.0))
    assert dragged(ahead(), thin, 1, (50, 50), (40, 50)).high[0] == pytest.approx(0.001)


def test_edges_and_handles_are_drawn() -> None:
    lines, hovered = crop_segments(ahead(), BOX), crop_segments(ahead(), BOX, hovered=3)
    assert len(lines.points) == 12 + 6 * 6
    size = [np.ptp(each.points[12 + 18 : 12 + 24].reshape(-1, 3), axis=0).max() for each in (lines, hovered)]
    # 1.6 % of 80 pixels to either side at depth 5: 2.56 pixels, a twentieth of a unit each.
    assert size[0] == pytest.approx(2.56 * 5 / 100) and size[1] == pytest.approx(1.5 * size[0])
