"""Which cameras planes are made of, and where a view leaves what they show."""

from __future__ import annotations

import numpy as np
import pytest

from engines.core.camera import Camera, look_at
from engines.core.errors import UserError
from engines.mask_volume.pairs import advice, choose_pair, nearest, require_apart

NEAR, FAR = 2.0, 20.0
DEPTHS = 1 / np.linspace(1 / FAR, 1 / NEAR, 32)


def camera(x: float, y: float = 0.0, z: float = 0.0, aside: float = 0.0) -> Camera:
    pose = look_at(np.array([x, z, y]), np.array([x + aside, z + 1.0, y]), np.array([0.0, 0.0, 1.0]))
    return Camera(pose, (600.0, 600.0), (320.0, 180.0), (640, 360))


def looking_back(x: float) -> Camera:
    pose = look_at(np.array([x, 0.0, 0.0]), np.array([x, -1.0, 0.0]), np.array([0.0, 0.0, 1.0]))
    return camera(x).at(pose)


def rig(count: int) -> dict[int, Camera]:
    return {index: camera(0.1 * index) for index in range(count)}


def test_ten_cameras_are_the_authors_rig() -> None:
    assert choose_pair(rig(10), NEAR) == (4, 5)


def test_ten_cameras_in_another_order_are_not() -> None:
    # Row by row: 4 ends the upper one, 5 begins the lower one.
    cameras = {index: camera(0.1 * (index % 5), 0.1 * (index // 5)) for index in range(10)}
    first, second = choose_pair(cameras, NEAR)
    assert first in (2, 7) and second in (1, 2, 3, 6, 7, 8)


def test_ten_cameras_of_which_the_authors_are_one_are_not() -> None:
    cameras = rig(10)
    assert choose_pair({**cameras, 5: cameras[4]}, NEAR)[1] != 5
    assert choose_pair({**cameras, 5: camera(0.5, z=1.0, aside=5.0)}, NEAR) != (4, 5)


@pytest.mark.parametrize(
    ("other", "message"),
    [(camera(0.0), "stand in one place"), (looking_back(0.1), "look in different directions")],
)
def test_what_planes_can_not_be_made_of(other: Camera, message: str) -> None:
    cameras = {3: camera(0.0), 7: other}
    with pytest.raises(UserError, match=f"cameras 3 and 7 {message}"):
        require_apart(cameras, 3, 7, NEAR)
    require_apart({3: camera(0.0), 7: camera(0.1)}, 3, 7, NEAR)


def test_of_other_rigs_the_middle_and_its_neighbour() -> None:
    first, second = choose_pair(rig(7), NEAR)
    assert first == 3 and second in (2, 4)


def test_what_is_asked_for_is_taken() -> None:
    assert choose_pair(rig(10), NEAR, 7, 2) == (7, 2)
    first, second = choose_pair(rig(10), NEAR, 0)
    assert first == 0 and second == 1
    assert choose_pair(rig(10), NEAR, None, 9) == (8, 9)


@pytest.mark.parametrize(
    ("count", "first", "second", "message"),
    [
        (1, None, None, "two cameras' pictures; here there are 1"),
        (4, 4, None, "first_camera=4: no such camera; there are 0 to 3"),
        (4, None, 7, "second_camera=7: no such camera"),
        (4, 2, 2, "both 2"),
    ],
)
def test_a_pair_that_is_none(count: int, first: int | None, second: int | None, message: str) -> None:
    with pytest.raises(UserError, match=message):
        choose_pair(rig(count), NEAR, first, second)


def test_who_looks_elsewhere_is_no_neighbour() -> None:
    cameras = {0: camera(0), 1: camera(0.05, aside=3.0), 2: camera(1.5)}
    assert choose_pair(cameras, NEAR, 0) == (0, 2)


def test_the_nearest_looks_the_same_way() -> None:
    cameras = {0: camera(0), 1: camera(0.05, aside=3.0), 2: camera(1.5)}
    assert nearest(cameras, camera(0.06)) == 0


def test_near_the_pair_there_is_nothing_to_say() -> None:
    assert advice(camera(0.05, 0.02), camera(0), DEPTHS) == ""


def test_too_far_aside_planes_come_apart() -> None:
    assert "come apart" in advice(camera(0.5), camera(0), DEPTHS)


def test_turned_away_nothing_was_seen() -> None:
    assert "beyond what the reference camera saw" in advice(camera(0, aside=0.8), camera(0), DEPTHS)
    assert "100%" in advice(camera(0, aside=-9), camera(0), DEPTHS)


def test_past_the_nearest_plane() -> None:
    assert "Beyond the nearest plane" in advice(camera(0, z=2.5), camera(0), DEPTHS)
