"""The motion through keys: they are hit, it is smooth, loops have no seam, and what is to be even is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engines.core.camera import Array, Camera, look_at, project
from engines.core.errors import UserError
from engines.core.paths.interpolation import rotations_by
from engines.core.paths.keyed_motion import PathMotion, path_frames, with_dolly_zoom
from engines.core.paths.keyframes import EASES, Ease, KeyedPath, Keyframe

CAMERA = Camera(np.eye(4), (50.0, 50.0), (32.0, 24.0), (64, 48))


def posed(x: float, y: float = 0.0, z: float = 0.0, focal: float = 50.0) -> Camera:
    pose = np.eye(4)
    pose[:3, 3] = x, y, z
    return replace(CAMERA, camera_to_world=pose, focal_px=(focal, focal))


def by_chance(count: int, seed: int = 0) -> tuple[Keyframe, ...]:
    chance = np.random.default_rng(seed)
    keys, time = [], 0.0
    for turn in rotations_by(chance.normal(size=(count, 3))):
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = turn, chance.normal(size=3) * 4
        camera = replace(CAMERA.at(pose), focal_px=(float(chance.uniform(30, 90)),) * 2)
        keys.append(Keyframe(camera, time, {"blend": float(chance.random())}))
        time += float(chance.integers(5, 40)) / 20
    return tuple(keys)


def positions(motion: PathMotion, times: Array) -> Array:
    return np.stack([camera.position for camera in motion.cameras(list(times))])


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize("constant_speed", [False, True])
def test_keys_are_hit(loop: bool, constant_speed: bool) -> None:
    path = KeyedPath(by_chance(7), fps=20, loop=loop, constant_speed=constant_speed)
    motion = PathMotion(path)
    assert (motion.passing_s == tuple(key.time_s for key in path.keys)) != constant_speed
    for key, time in zip(path.keys, motion.passing_s, strict=True):
        assert motion.camera(time) is key.camera
        assert motion.controls([time])[0] == pytest.approx(dict(key.controls), abs=1e-12)
        near = motion.camera(time + 1e-6)
        assert near.camera_to_world == pytest.approx(key.camera.camera_to_world, abs=1e-3)
        assert near.focal_px == pytest.approx(key.camera.focal_px, abs=1e-2)


def test_frames_hit_keys_to_the_bit() -> None:
    path = KeyedPath(by_chance(7), fps=20)
    frames = path_frames(path)
    assert len(frames.cameras) == path.frame_count == len(frames.controls) == len(frames.times_s)
    for key in path.keys:
        assert frames.cameras[round(key.time_s * 20)] is key.camera
    assert frames.cameras[-1] is path.keys[-1].camera


@pytest.mark.parametrize("loop", [False, True])
def test_without_corners(loop: bool) -> None:
    path = KeyedPath(by_chance(6, seed=3), loop=loop, closing_s=0.9)
    motion, step = PathMotion(path), 1e-4
    ends = [path.keys[0].time_s] if loop else []
    for time in [*(key.time_s for key in path.keys[1:-1]), *ends]:
        a, b, c = motion.cameras([time - step, time, time + step])
        for values in (
            [camera.camera_to_world for camera in (a, b, c)],
            [np.array(camera.fov_y_deg) for camera in (a, b, c)],
            [np.array(controls["blend"]) for controls in motion.controls([time - step, time, time + step])],
        ):
            before, after = (values[1] - values[0]) / step, (values[2] - values[1]) / step
            # Second derivatives are some hundreds at most here.
            assert after == pytest.approx(before, abs=500 * step)


def test_a_loop_has_no_seam() -> None:
    path = KeyedPath(by_chance(5), fps=20, loop=True, closing_s=0.5)
    motion = PathMotion(path)
    period = path.period_s
    for time in (0.0, 0.3, period - 0.01):
        assert motion.camera(time + period).camera_to_world == pytest.approx(
            motion.camera(time).camera_to_world, abs=1e-9
        )
    frames = path_frames(path)
    assert len(frames.cameras) == round(period * 20)
    ways = np.linalg.norm(np.diff([camera.position for camera in (*frames.cameras, frames.cameras[0])], axis=0), axis=1)
    assert min(ways[0], ways[-2]) / 1.5 < ways[-1] < max(ways[0], ways[-2]) * 1.5


def test_one_key_and_keys_at_one_camera() -> None:
    alone = KeyedPath((Keyframe(CAMERA, 1.0, {"blend": 0.5}),))
    assert all(camera is CAMERA for camera in path_frames(alone).cameras)
    assert path_frames(alone).controls[0] == {"blend": 0.5}
    for loop, constant_speed in ((False, False), (True, False), (True, True)):
        two = KeyedPath((Keyframe(CAMERA, 0.0), Keyframe(CAMERA, 1.0)), loop=loop, constant_speed=constant_speed)
        for camera in path_frames(two).cameras:
            assert camera.camera_to_world == pytest.approx(np.eye(4), abs=1e-12)
            assert camera.focal_px == CAMERA.focal_px


def test_a_stop_between_legs() -> None:
    path = KeyedPath(tuple(Keyframe(posed(x), t) for x, t in ((0, 0), (1, 1), (1, 2), (3, 3))), fps=20)
    x = positions(PathMotion(path), np.linspace(0, 3, 301))[:, 0]
    assert (np.diff(x) >= -1e-12).all()
    assert x[100:201] == pytest.approx(1.0)


def test_before_the_first_key_and_after_the_last() -> None:
    path = KeyedPath((Keyframe(posed(1), 1.0), Keyframe(posed(2), 2.0)), fps=10, end_s=3.0)
    cameras = path_frames(path).cameras
    assert len(cameras) == 31
    assert all(camera is path.keys[0].camera for camera in cameras[:11])
    assert all(camera is path.keys[1].camera for camera in cameras[20:])


@pytest.mark.parametrize(
    ("ease", "quarter", "half", "three_quarters"),
    [
        ("linear", 0.25, 0.5, 0.75),
        ("ease in", 0.109375, 0.375, 0.703125),
        ("ease out", 0.296875, 0.625, 0.890625),
        ("ease in-out", 0.15625, 0.5, 0.84375),
        ("hold", 0.0, 0.0, 0.0),
    ],
)
def test_eases_by_hand(ease: Ease, quarter: float, half: float, three_quarters: float) -> None:
    path = KeyedPath((Keyframe(posed(0), 0.0, {"a": 0.0}, ease), Keyframe(posed(1), 4.0, {"a": 1.0})))
    wanted = [0.0, quarter, half, three_quarters, 1.0]
    assert positions(PathMotion(path), np.arange(5.0))[:, 0] == pytest.approx(wanted, abs=1e-12)
    assert [c["a"] for c in PathMotion(path).controls(list(np.arange(5.0)))] == pytest.approx(wanted, abs=1e-12)


def test_eases_join_without_a_jump_of_speed() -> None:
    """An ease that ends as fast as it would without goes over into an even leg; that is what "in" alone means."""
    keys = (Keyframe(posed(0), 0.0, ease="ease in"), Keyframe(posed(1), 1.0), Keyframe(posed(2), 2.0, ease="ease out"))
    motion = PathMotion(KeyedPath((*keys, Keyframe(posed(3), 3.0))))
    x = positions(motion, np.linspace(0, 3, 3001))[:, 0]
    assert np.abs(np.diff(x, 2)).max() * 1e6 < 5
    assert (x[1] - x[0]) * 1000 == pytest.approx(0, abs=0.01) and (x[-1] - x[-2]) * 1000 == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("loop", [False, True])
def test_constant_speed(loop: bool) -> None:
    keys = tuple(replace(key, ease=EASES[number % 5]) for number, key in enumerate(by_chance(6, seed=8)))
    path = KeyedPath(keys, loop=loop, constant_speed=True)
    motion = PathMotion(path)
    places = positions(motion, np.linspace(0, path.period_s, 2001)[:-1])
    ways = np.linalg.norm(np.diff(places, axis=0), axis=1)
    # Chords are shorter than arcs in bends.
    assert ways.min() > 0.97 * ways.mean() and ways.max() < 1.01 * ways.mean()
    assert ways.sum() == pytest.approx(motion.length(), rel=2e-3)


def test_constant_speed_leaves_a_turn_on_the_spot_its_time() -> None:
    pose = np.eye(4)
    pose[:3, :3] = rotations_by(np.array([[0.0, 1.0, 0.0]]))[0]
    pose[:3, 3] = 1, 0, 0
    keys = (Keyframe(posed(0), 0.0), Keyframe(posed(1), 1.0), Keyframe(CAMERA.at(pose), 3.0), Keyframe(posed(4), 4.0))
    motion = PathMotion(KeyedPath(keys, constant_speed=True))
    assert motion.passing_s == pytest.approx((0.0, 0.5, 2.5, 4.0))
    assert positions(motion, np.array([1.0, 2.0]))[:, 0] == pytest.approx([1, 1])


def test_controls_that_have_nothing_between_change_at_keys() -> None:
    keys = (Keyframe(posed(0), 0.0, {"instance": 2}), Keyframe(posed(1), 1.0), Keyframe(posed(2), 2.0, {"instance": 5}))
    path = KeyedPath(keys, fps=4, stepped=frozenset({"instance"}))
    assert [controls["instance"] for controls in path_frames(path).controls] == [2] * 8 + [5]
    looped = path_frames(replace(path, loop=True, closing_s=1.0))
    assert [controls["instance"] for controls in looped.controls] == [2] * 8 + [5] * 4


def test_a_control_that_one_key_names_has_its_value_everywhere() -> None:
    path = KeyedPath((Keyframe(posed(0), 0.0), Keyframe(posed(1), 1.0, {"blend": 0.3})), fps=4, loop=True)
    assert {controls["blend"] for controls in path_frames(path).controls} == {0.3}


def test_a_lens_that_does_not_change_stays_to_the_bit() -> None:
    path = KeyedPath((Keyframe(posed(0, focal=51.3), 0.0), Keyframe(posed(1, focal=51.3), 1.0)))
    assert {camera.focal_px for camera in path_frames(path).cameras} == {(51.3, 51.3)}


def test_dolly_zoom_keeps_the_size_of_the_subject() -> None:
    subject = np.array([0.0, 0.0, 10.0])
    keys = (Keyframe(posed(0, 0, 0), 0.0), Keyframe(posed(1, 0.5, 4), 1.0), Keyframe(posed(-1, 0, 8), 2.0))
    path = with_dolly_zoom(KeyedPath(keys, fps=10), subject)
    for camera in path_frames(path).cameras:
        (pixels, _) = project(camera, subject + np.array([[0.0, 0.0, 0.0], [0.1, 0.0, 0.0]]))
        assert pixels[1, 0] - pixels[0, 0] == pytest.approx(0.1 * 50 / 10, abs=1e-9)
    assert with_dolly_zoom(path, None).subject is None
    with pytest.raises(UserError, match="not in front of key 2"):
        with_dolly_zoom(KeyedPath(keys), np.array([0.0, 0.0, 3.0]))


def test_other_frame_rates_show_the_same_motion() -> None:
    path = KeyedPath(by_chance(4), fps=20)
    slow, fast = path_frames(path), path_frames(path, fps=40)
    for a, b in zip(slow.cameras, fast.cameras[::2], strict=True):
        assert a.camera_to_world == pytest.approx(b.camera_to_world, abs=1e-12)


def test_an_orbit_of_eight_keys_is_round() -> None:
    """The camera keeps its distance to within 2 %, and looks at the middle to within a degree."""
    eyes = [np.array([np.cos(a), np.sin(a), 0.5]) * 3 for a in np.arange(8) * np.pi / 4]
    keys = tuple(
        Keyframe(CAMERA.at(look_at(eye, np.zeros(3), np.array([0.0, 0, 1]))), float(i)) for i, eye in enumerate(eyes)
    )
    for camera in path_frames(KeyedPath(keys, fps=10, loop=True)).cameras:
        distance = float(np.linalg.norm(camera.position))
        assert distance == pytest.approx(3 * 1.25**0.5, rel=0.02)
        assert -camera.position @ camera.forward / distance > np.cos(np.radians(1.0))
