"""LichtFeld Studio's timeline, against the views that its own test expects."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.core.camera import Camera, project
from engines.core.errors import UserError
from engines.core.paths.exchange.formats import write_content
from engines.core.paths.keyed_motion import path_frames
from engines.core.paths.keyframes import Ease, KeyedPath, Keyframe
from engines.core.paths.path_content import PathContent
from engines.core.paths.path_files import read_content, read_path
from tests.engines.core.cameras_around import LIKE, around, assert_same_poses

HALF = np.sqrt(0.5)
WIDTH, HEIGHT = 320, 240
LANDMARKS = ((-1, 1), (1, 1), (-1, -1), (1, -1))
POSES: dict[str, tuple[tuple[float, ...], tuple[float, ...], Callable[[float, float, float], tuple[float, ...]]]] = {
    "level": ((0, 0, 5), (1, 0, 0, 0), lambda x, y, z: (x, y, z)),
    "rolled": ((0, 0, 5), (HALF, 0, 0, HALF), lambda x, y, z: (-y, x, z)),
    "down": ((0, 5, 0), (HALF, -HALF, 0, 0), lambda x, y, z: (x, z, -y)),
    "up": ((0, -5, 0), (HALF, HALF, 0, 0), lambda x, y, z: (x, -z, y)),
}


def timeline(*keys: dict[str, Any], **more: Any) -> str:
    return json.dumps({"version": 4, "clip_duration": 9.0, "keyframes": list(keys), **more})


def key(time: float = 0.0, **more: Any) -> dict[str, Any]:
    usual = {"position": [0, 0, 5], "rotation": [1, 0, 0, 0], "focal_length_mm": 24.0, "easing": 0}
    return {"time": time, **usual, **more}


@pytest.mark.parametrize("pose", POSES)
def test_a_key_shows_what_its_own_program_shows(tmp_path: Path, pose: str) -> None:
    """The four views of LichtFeld Studio's verification of exported videos (its pull request 2051, September 2026).

    A key's eye and rotation are in the viewer's world, the camera with +y up and looking along its -z. Five units ahead
    of the eye lie landmarks (x, y), x to the right and y upwards in the picture; turned into the viewer's world (by
    hand, for each of the quarter turns) and from there to the data's, which is (x, -y, -z), they are in the scene's
    file. A focal length of 12 sqrt(3) mm is 60 degrees from top to bottom of the 24 mm, so f = HEIGHT sqrt(3) / 2
    pixels, and a landmark has to be at WIDTH / 2 + f x / 5 and HEIGHT / 2 - f y / 5.
    """
    eye, rotation, turned = POSES[pose]
    text = timeline(key(position=eye, rotation=rotation, focal_length_mm=12 * np.sqrt(3)))
    (tmp_path / "a.json").write_text(text)
    (camera,) = read_path(tmp_path / "a.json", Camera(np.eye(4), (99.0, 99.0), (160.0, 120.0), (WIDTH, HEIGHT)))
    focal = HEIGHT * np.sqrt(3) / 2
    for x, y in LANDMARKS:
        seen = np.array(eye) + turned(x, y, -5)
        pixel, depth = project(camera, np.array([[seen[0], -seen[1], -seen[2]]]))
        np.testing.assert_allclose(pixel[0], [WIDTH / 2 + focal * x / 5, HEIGHT / 2 - focal * y / 5], atol=1e-9)
        assert depth[0] == pytest.approx(5)
    write_content(tmp_path / "b.json", PathContent((camera,)), "lichtfeld")
    (written,) = json.loads((tmp_path / "b.json").read_text())["keyframes"]
    np.testing.assert_allclose(written["position"], eye, atol=1e-12)
    np.testing.assert_allclose(written["rotation"], rotation, atol=1e-12)
    assert written["focal_length_mm"] == pytest.approx(12 * np.sqrt(3), abs=1e-12)


def test_keys_that_are_slow_are_keys_and_fast_ones_frames(tmp_path: Path) -> None:
    (tmp_path / "slow.json").write_text(timeline(key(0.0, easing=3), key(2.0, position=[1, 0, 5], easing=1)))
    content = read_content(tmp_path / "slow.json", LIKE)
    assert content.keyed is not None and content.interpolated and len(content.cameras) == 61 and content.fps == 30
    assert [each.ease for each in content.keyed.keys] == ["ease in-out", "ease in"]
    write_content(tmp_path / "fast.json", PathContent(tuple(around(20)), 24.0), "lichtfeld")
    content = read_content(tmp_path / "fast.json", LIKE)
    assert content.keyed is None and content.fps == 24
    assert_same_poses(content.cameras, around(20))
    assert content.cameras[0].fov_y_deg == pytest.approx(around()[0].fov_y_deg, abs=1e-12)


def test_keys_are_written_as_keys_and_read_back(tmp_path: Path) -> None:
    eases: tuple[Ease, ...] = ("linear", "ease in", "hold", "ease out")
    times = (0.0, 0.5, 1.75, 4.0)
    keys = tuple(Keyframe(*each) for each in zip(around(4), times, [{"blend": 0.5}] * 4, eases, strict=True))
    keyed = KeyedPath(keys, 25.0, loop=True)
    content = PathContent(path_frames(keyed).cameras, 25.0, None, keyed)
    (note,) = write_content(tmp_path / "a.json", content, "lichtfeld")
    assert "that it is a loop" in note and "keys that hold" in note and "controls of the scene (blend)" in note
    found = read_content(tmp_path / "a.json", LIKE).keyed
    assert found is not None and [each.time_s for each in found.keys] == [0.0, 0.5, 1.75, 4.0]
    assert_same_poses(tuple(each.camera for each in found.keys), around(4))
    assert [each.ease for each in found.keys] == ["linear", "ease in", "linear", "ease out"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (timeline(key(), version=5), "a timeline of version 5; 1 to 4 are read"),
        (timeline(key(easing=7)), r"keyframes\[0\]: easing is 7; there are 0 to 3"),
        (timeline(key(rotation=[0, 0, 0, 0])), r"keyframes\[0\]: its rotation has a length of 0"),
        (timeline(key(focal_length_mm=0)), r"keyframes\[0\]: focal_length_mm is 0; must be > 0"),
        (timeline(key(-1.0)), r"keyframes\[0\]: time_s is -1"),
        (timeline(key(), key()), "two keys stand at 0 s"),
        (timeline(key(), {"time": 3}), r"keyframes\[1\]: needs rotation \(4\)"),
        (timeline(key(0), key(86_000.0)), "86000 s at 30 fps are more than"),
        (timeline(), "holds no cameras"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UserError, match=rf"a\.json: {message}"):
        read_path(tmp_path / "a.json", LIKE)
