"""Cameras made by hand."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from app.api.cameras import look_at, pinhole
from engines.core.camera import project
from engines.core.errors import UserError


def test_a_pinhole_of_a_pose_and_a_focal_length() -> None:
    pose = look_at([4, 0, 0], (0, 0, 0), [0, 0, 1])
    camera = pinhole(pose, 100, (64, 48))
    assert camera.focal_px == (100.0, 100.0) and camera.centre_px == (32.0, 24.0) and camera.size_px == (64, 48)
    pixels, depth = project(camera, np.array([[0.0, 0, 0], [0, 0, 1]]))
    assert np.allclose(pixels, [[32, 24], [32, 24 - 25]]) and np.allclose(depth, 4)
    # A number out of an array does as well, which is no `float` to mypy.
    uneven = pinhole(pose[:3].tolist(), (cast(float, np.float32(90)), 80), (64, 48), (30, 20))
    assert uneven.focal_px == (90.0, 80.0) and uneven.centre_px == (30.0, 20.0)
    assert np.array_equal(uneven.camera_to_world, camera.camera_to_world)


@pytest.mark.parametrize(
    ("pose", "focal", "size"),
    [
        (np.eye(3), 100, (64, 48)),
        (np.eye(4) * 2, 100, (64, 48)),
        (np.eye(4), 0, (64, 48)),
        (np.eye(4), (1, 2, 3), (64, 48)),
        (np.eye(4), 100, (64,)),
        (np.eye(4), 100, (0, 48)),
        ("a pose", 100, (64, 48)),
    ],
)
def test_what_is_none_is_one_line(pose: Any, focal: Any, size: Any) -> None:
    with pytest.raises(UserError, match=r"^no camera: "):
        pinhole(pose, focal, size)


def test_looking_at_nothing_is_one_line() -> None:
    with pytest.raises(UserError, match="position and target are the same point"):
        look_at([1, 2, 3], [1, 2, 3], [0, 0, 1])
    with pytest.raises(UserError, match="must be three numbers each"):
        look_at([1, 2], [1, 2, 3], [0, 0, 1])
