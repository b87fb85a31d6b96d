"""Generated paths as keys: they go where the generator goes, and loop where it ends at its beginning."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.path_editing.generated import Place, in_place_of, llff, smoothed_run, through_views, turn
from engines.core.camera import Camera, look_at
from engines.core.errors import UserError
from engines.core.paths.generators import camera_path
from engines.core.paths.interpolation import rotations_by
from engines.core.paths.keyed_motion import PathMotion, path_frames
from tests.app.ball_scene import UP, ring

BOUNDS = np.array([[-1.0, -1.0, -1.0], [1.0, 1.0, 1.0]])
START = ring(5)[0]
PLACE = Place(START, ring(12), BOUNDS, UP, controls={"blend": 0.5}, stepped=frozenset({"instance"}))


def test_turn_360_degrees() -> None:
    path = turn(PLACE)
    assert path.loop and len(path.keys) == 12 and path.duration_s == pytest.approx(6.0) and path.frame_count == 180
    assert path.keys[0].camera is START and path.keys[3].controls == {"blend": 0.5}
    middle = np.zeros(3)
    distance = np.linalg.norm(START.position - middle)
    angles = []
    for camera in path_frames(path).cameras:
        assert np.linalg.norm(camera.position - middle) == pytest.approx(distance, rel=0.002)
        assert (camera.position - START.position) @ UP == pytest.approx(0, abs=1e-9)
        angles.append(np.arctan2(*(np.stack([START.right, np.cross(UP, START.right)]) @ camera.position)))
    steps = np.diff(np.unwrap(angles))
    assert np.abs(np.degrees(steps)) == pytest.approx(np.full(179, 2.0), rel=0.1)


@pytest.mark.parametrize(("degrees", "keys"), [(90.0, 4), (-45.0, 3), (400.0, 15), (-720.0, 24)])
def test_turns_of_any_angle(degrees: float, keys: int) -> None:
    path = turn(PLACE, degrees, 3.0)
    assert len(path.keys) == keys and path.loop == (degrees == -720) and path.duration_s == pytest.approx(3.0)
    first, last = path.keys[0].camera, path.keys[-1].camera
    turned = degrees if not path.loop else degrees * (1 - 1 / keys)
    wanted = rotations_by(np.radians(turned) * np.asarray(UP)[None] / np.linalg.norm(UP))[0] @ first.position
    assert last.position == pytest.approx(wanted, abs=1e-9)


def test_no_turn_is_refused() -> None:
    for degrees, seconds in ((0.0, 1.0), (90.0, 0.0), (4000.0, 1.0)):
        with pytest.raises(UserError, match="needs up to 3600 degrees"):
            turn(PLACE, degrees, seconds)


@pytest.mark.parametrize("name", ["spiral", "circle", "x", "y", "z"])
def test_llffs_paths(name: str) -> None:
    path = llff(PLACE, name)
    cameras = camera_path(name, START, PLACE.cameras, BOUNDS, UP)
    assert 2 <= len(path.keys) < len(cameras) / 2 and path.loop == (name in ("spiral", "circle"))
    frames = path_frames(path).cameras
    assert abs(len(frames) - len(cameras)) <= 1
    for number, camera in enumerate(cameras if path.loop else ()):
        assert frames[number].position == pytest.approx(camera.position, abs=0.02)
    assert frames[0].position == pytest.approx(cameras[0].position)


def test_through_the_training_views() -> None:
    path = through_views(PLACE)
    assert [key.camera for key in path.keys] == list(PLACE.cameras) and path.duration_s == 11.0
    # A rig's camera is there again at each time step; of many every so many is taken.
    doubled = replace(PLACE, cameras=[camera for camera in ring(100) for _ in range(3)])
    assert len(through_views(doubled).keys) == 60
    with pytest.raises(UserError, match="no training views"):
        through_views(replace(PLACE, cameras=()))


def test_a_run_along_the_training_views_shakes_less() -> None:
    chance = np.random.default_rng(0)
    shaken = [
        camera.at(look_at(camera.position + chance.normal(size=3) * 0.05, chance.normal(size=3) * 0.02, UP))
        for camera in ring(60)
    ]

    def jerk(cameras: list[Camera] | tuple[Camera, ...]) -> float:
        return float(np.abs(np.diff([camera.position for camera in cameras], 2, axis=0)).mean())

    path = smoothed_run(replace(PLACE, cameras=shaken), 1 / 30)
    frames = path_frames(path).cameras
    assert len(frames) == 60 and jerk(frames) < jerk(shaken) / 4
    for frame, camera in zip(frames[5:-5], ring(60)[5:-5], strict=True):
        assert np.linalg.norm(frame.position - camera.position) < 0.25
        assert frame.forward @ camera.forward > 0.99
    assert PathMotion(path).camera(0.0).focal_px == shaken[0].focal_px


def test_the_whole_stays_as_it_was() -> None:
    before = replace(turn(PLACE), fps=24.0, constant_speed=True)
    after = in_place_of(turn(PLACE, 90), before)
    assert (after.fps, after.constant_speed, after.loop) == (24.0, True, False)
