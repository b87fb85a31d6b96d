"""nerfstudio's `camera_path.json`: its keys, its frames, and how it counts them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.core.errors import UserError
from engines.core.paths.exchange.formats import write_content
from engines.core.paths.exchange.nerfstudio import seconds_of
from engines.core.paths.keyed_motion import path_frames
from engines.core.paths.keyframes import KeyedPath, Keyframe
from engines.core.paths.path_content import PathContent
from engines.core.paths.path_files import read_content, read_path
from tests.engines.core.cameras_around import LIKE, around, assert_same_poses

QUARTER = [0, 0, 1, 5, 0, 1, 0, 6, -1, 0, 0, 7, 0, 0, 0, 1]
"""A camera at (5, 6, 7) turned by a quarter about y, row by row."""


def keyed_file(path: Path, *keys: dict[str, Any], **more: Any) -> Path:
    path.write_text(json.dumps({"keyframes": list(keys), "render_height": 100, "render_width": 160, **more}))
    return path


def key(**more: Any) -> dict[str, Any]:
    return {"matrix": QUARTER, "fov": 90, "aspect": 1.6, **more}


def test_its_poses_are_opengls_row_by_row_and_its_angle_is_vertical(tmp_path: Path) -> None:
    """`get_path_from_json`: camera_to_world is viewed as 4x4; the focal length is (height / 2) / tan(fov / 2), as that
    of three.js's cameras, whose fov is vertical. A quarter turn about y takes -z, where the camera looks, to -x;
    columns right (0, 0, -1), up (0, 1, 0), back (1, 0, 0). 90 degrees of 100 pixels are 50 pixels."""
    frame = {"camera_to_world": QUARTER, "fov": 90, "aspect": 1.6}
    data = {"camera_path": [frame], "fps": 24, "seconds": 1 / 24, "render_height": 100, "render_width": 160}
    (tmp_path / "a.json").write_text(json.dumps(data))
    content = read_content(tmp_path / "a.json", LIKE)
    (camera,) = content.cameras
    np.testing.assert_array_equal(
        np.stack([camera.right, -camera.down, -camera.forward]), [[0, 0, -1], [0, 1, 0], [1, 0, 0]]
    )
    assert camera.focal_px == pytest.approx((50, 50)) and camera.size_px == (160, 100) and content.fps == 24
    write_content(tmp_path / "camera_path.json", content)
    written = json.loads((tmp_path / "camera_path.json").read_text())
    assert written["camera_path"][0]["camera_to_world"] == QUARTER and written["fps"] == 24
    assert written["camera_path"][0]["fov"] == pytest.approx(90, abs=1e-12)
    assert (written["render_width"], written["render_height"], written["camera_type"]) == (160, 100, "perspective")


@pytest.mark.parametrize("fps", [24, 25, 29.97, 30, 60, 1 / 3])
def test_it_counts_as_many_frames_as_were_written(fps: float) -> None:
    """`num_frames = int(fps * seconds)`: 29 frames at 30/s are 29 / 30 s, of which 30 times is 28.999999999999996."""
    for frames in range(1, 2000):
        assert int(fps * seconds_of(frames, fps)) == frames


def test_keys_alone_make_the_frames_between_them(tmp_path: Path) -> None:
    """`compute_transition_times_cumsum`: the way to a key takes its own seconds if that is enabled, else the usual."""
    second, third = (
        key(matrix=[*QUARTER[:3], 6, *QUARTER[4:]]),
        key(matrix=[*QUARTER[:3], 8, *QUARTER[4:]], override_transition_enabled=True, override_transition_sec=3.0),
    )
    first = key(override_transition_enabled=False, override_transition_sec=9.0)
    path = keyed_file(tmp_path / "a.json", first, second, third, default_transition_sec=0.5, fps=10, camera_path=[])
    content = read_content(path, LIKE)
    assert content.keyed is not None and [each.time_s for each in content.keyed.keys] == [0, 0.5, 3.5]
    assert len(content.cameras) == 36 and content.fps == 10 and content.interpolated
    assert content.notes == ()
    assert content.cameras[0].position[0] == 5 and content.cameras[-1].position[0] == 8
    # Of a loop the first key's seconds are those of the way back to it.
    looped = read_content(keyed_file(path, key(override_transition_enabled=True, override_transition_sec=2.0), second,
                                     is_cycle=True, default_transition_sec=0.5), LIKE).keyed  # fmt: skip
    assert looped is not None and looped.loop and looped.closing_s == 2.0 and looped.duration_s == 2.5


def test_its_first_viewers_keys_are_text_column_by_column(tmp_path: Path) -> None:
    """Its Blender add-on (`get_list_from_matrix_keyframe`) still writes them so, as three.js's matrices."""
    text = json.dumps(np.array(QUARTER).reshape(4, 4).T.ravel().tolist())
    (camera,) = read_path(keyed_file(tmp_path / "a.json", key(matrix=text)), LIKE)
    np.testing.assert_array_equal(camera.position, [5, 6, 7])
    np.testing.assert_array_equal(camera.right, [0, 0, -1])


def test_keys_and_frames_are_written_and_read_back(tmp_path: Path) -> None:
    keys = tuple(Keyframe(camera, time) for camera, time in zip(around(4), (0.0, 0.5, 1.75, 4.0), strict=True))
    keyed = KeyedPath(keys, 25.0, loop=True, closing_s=0.75)
    content = PathContent(path_frames(keyed).cameras, 25.0, None, keyed)
    assert write_content(tmp_path / "camera_path.json", content) == ()
    eased = replace(keyed, keys=(replace(keys[0], ease="hold"), *keys[1:]), constant_speed=True)
    (note,) = write_content(tmp_path / "eased.json", replace(content, keyed=eased), "nerfstudio")
    assert "eases of its keys (its frames have it); constant speed of its keys" in note
    found = read_content(tmp_path / "camera_path.json", LIKE)
    assert_same_poses(found.cameras, list(content.cameras))
    assert found.keyed is not None and found.keyed.loop and found.keyed.closing_s == 0.75 and not found.interpolated
    assert [each.time_s for each in found.keyed.keys] == [0.0, 0.5, 1.75, 4.0]
    assert_same_poses(tuple(each.camera for each in found.keyed.keys), around(4))


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.json: keyframes\[1\]: needs matrix \(4x4\)"):
        read_path(keyed_file(tmp_path / "a.json", key(), {"fov": 3}), LIKE)
    with pytest.raises(UserError, match=r"a\.json: fps is -1; must be > 0"):
        read_path(keyed_file(tmp_path / "a.json", key(), fps=-1), LIKE)
    with pytest.raises(UserError, match=r"a\.json: two keys stand at 0 s"):
        read_path(keyed_file(tmp_path / "a.json", key(), key(), default_transition_sec=0), LIKE)
    with pytest.raises(UserError, match=r"a\.json: keyframes\[0\]: Expecting value"):
        read_path(keyed_file(tmp_path / "a.json", key(matrix="[")), LIKE)
