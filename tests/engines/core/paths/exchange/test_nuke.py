"""Nuke's `.chan`, against rotations that were worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines.core.camera import Camera
from engines.core.errors import UserError
from engines.core.paths.exchange.formats import write_content
from engines.core.paths.exchange.nuke import chan_angles, chan_rotation
from engines.core.paths.path_content import PathContent
from engines.core.paths.path_files import read_content, read_path
from tests.engines.core.cameras_around import LIKE, around, assert_same_poses

BY_HAND = [
    ("0 0 0", (1, 0, 0), (0, -1, 0), (0, 0, -1)),
    ("0 90 0", (0, 0, -1), (0, -1, 0), (-1, 0, 0)),
    ("90 0 90", (0, 0, 1), (1, 0, 0), (0, 1, 0)),
    ("90 90 0", (0, 0, -1), (-1, 0, 0), (0, 1, 0)),
    ("0 90 90", (0, 1, 0), (0, 0, -1), (-1, 0, 0)),
]
"""rx ry rz; what of the world is to the right, downwards and ahead."""


@pytest.mark.parametrize(("angles", "right", "down", "ahead"), BY_HAND)
def test_its_rotations_are_about_z_then_x_then_y(
    tmp_path: Path, angles: str, right: tuple[int, ...], down: tuple[int, ...], ahead: tuple[int, ...]
) -> None:
    """Nuke's cameras have the rotation order ZXY where nobody chose another, in which z turns first: R = Ry Rx Rz.

    The camera has +x to its right, +y upwards, and looks along its -z. A quarter turn about x takes y to z and z to -y,
    about y z to x and x to -z, about z x to y and y to -x. So for 90 0 90: right = x -> y (about z) -> z (about x);
    up = y -> -x -> -x, so that down is x; ahead = -z -> -z -> y. With 90 90 0: right = x -> x -> -z; up = y -> z -> x;
    ahead = -z -> y -> y. With 0 90 90: right = x -> y -> y; up = y -> -x -> z; ahead = -z -> -z -> -x. In the order
    that Blender's importer has as its default, XYZ (x first), 90 0 90 has x -> x -> y to the right.

    Sources: Blender's importer (io_anim_nuke_chan, columns, degrees, vertical field of view, its Euler order XYZ is
    Rz Ry Rx); that Nuke 17 composes ZXY as three.js composes YXZ (Ry Rx Rz) was seen by who writes such files.
    The field of view: 2 atan(1/2) from top to bottom of 64 pixels is a focal length of 64.
    """
    (tmp_path / "a.chan").write_text(f"7\t1\t2\t3\t{angles}\t53.13010235415598\n".replace(" ", "\t"))
    (camera,) = read_path(tmp_path / "a.chan", LIKE)
    for found, expected in ((camera.right, right), (camera.down, down), (camera.forward, ahead)):
        np.testing.assert_allclose(found, expected, atol=1e-15)
    np.testing.assert_array_equal(camera.position, [1, 2, 3])
    assert camera.focal_px == pytest.approx((64, 64), abs=1e-12) and camera.size_px == (64, 64)
    write_content(tmp_path / "b.chan", PathContent((camera,)))
    frame, *numbers = (tmp_path / "b.chan").read_text().split("\t")
    assert frame == "1" and [float(number) for number in numbers[:3]] == [1, 2, 3]
    np.testing.assert_allclose(chan_rotation(np.radians(np.array(numbers[3:6], float))), chan_rotation(
        np.radians(np.array(angles.split(), float))
    ), atol=1e-12)  # fmt: skip
    assert float(numbers[6]) == pytest.approx(53.13010235415598, abs=1e-10)


def test_angles_go_on_beyond_half_a_turn(tmp_path: Path) -> None:
    """A camera that goes around twice: no reader may turn it back between two frames."""
    write_content(tmp_path / "a.chan", PathContent(tuple(around(48) * 2)))
    angles = np.loadtxt(tmp_path / "a.chan")[:, 4:7]
    assert np.abs(np.diff(angles, axis=0)).max() < 60 and np.ptp(angles, axis=0).max() > 360
    assert_same_poses(read_path(tmp_path / "a.chan", LIKE), around(48) * 2, 1e-10)


@pytest.mark.parametrize("pitch", [90.0, -90.0, 89.9999, -89.99999999])
def test_a_camera_that_looks_straight_up_or_down_comes_back(pitch: float) -> None:
    rotation = chan_rotation(np.radians([pitch, 30, 70]))
    np.testing.assert_allclose(chan_rotation(chan_angles(rotation)), rotation, atol=1e-9)


def test_comments_are_passed_over_and_frames_come_in_order(tmp_path: Path) -> None:
    (tmp_path / "a.chan").write_text("# of Houdini\n4 4 0 0 0 0 0\n\n2 2 0 0 0 0 0\n1 1 0 0 0 0 0\n")
    content = read_content(tmp_path / "a.chan", LIKE)
    assert [camera.position[0] for camera in content.cameras] == [1, 2, 4]
    assert content.notes == (
        f"{tmp_path / 'a.chan'}: frames are missing in 1 places; those that are there follow each other",
    )
    # No field of view: that of the camera at hand.
    assert content.cameras[0].focal_px == LIKE.focal_px and content.fps is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2 3", "line 1 has 3 numbers; a frame of a .chan has 8"),
        ("1 0 0 0 0 0 0 180", "line 1: fov is 180; needs the vertical one"),
        ("1 0 0 0 0 0 0\n1 0 0 0 0 0 0", "line 2: frame 1 is there already"),
        ("1 0 0 0 0 0 nan 40", "line 1 has a number that is not finite"),
        ("1 0 0 x 0 0 0", "line 1: could not convert"),
        ("", "holds no cameras"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.chan").write_text(text)
    with pytest.raises(UserError, match=rf"a\.chan: {message}"):
        read_path(tmp_path / "a.chan", LIKE)


def test_what_it_has_no_room_for_is_told(tmp_path: Path) -> None:
    camera = Camera(np.eye(4), (50.0, 60.0), (20.0, 16.0), (40, 30))
    (note,) = write_content(tmp_path / "a.chan", PathContent((camera,), 24.0, [3]))
    assert note == (
        f"{tmp_path / 'a.chan'}: Nuke's .chan can't keep a second focal length (the vertical one is kept); the "
        "principal point (1 pixels off the picture's middle); the picture's size (40x30); the frame rate (24/s); the "
        "time steps of the recording; the order of rotations (it is ZXY, Nuke's own)"
    )
