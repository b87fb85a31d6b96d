"""instant-ngp's camera paths, against a pose that was worked out by hand, and its keys' times."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.core.errors import UserError
from engines.core.paths.exchange.formats import write_content
from engines.core.paths.keyframes import KeyedPath, Keyframe
from engines.core.paths.path_content import PathContent
from engines.core.paths.path_files import read_content, read_path
from tests.engines.core.cameras_around import LIKE, around, assert_same_poses

BY_HAND = {"R": [0.5, -0.5, 0.5, 0.5], "T": [1.16, 1.49, 0.83]}


def entry(stamp: float = 0.0, **more: Any) -> dict[str, Any]:
    return {**BY_HAND, "slice": 0.0, "scale": 1.0, "fov": 90.0, "aperture_size": 0.0, "timestamp": stamp, **more}


def test_its_space_is_smaller_moved_and_cycled(tmp_path: Path) -> None:
    """`nerf_matrix_to_ngp` (nerf_loader.h): of a pose camera to world in OpenGL's axes the second and third column are
    turned around, the place is scaled by 0.33 and moved by 0.5, and rows go round: new x y z are old y z x.

    A camera at (1, 2, 3) that looks along -z with +y up: columns (1, 0, 0), (0, -1, 0), (0, 0, -1), place (0.83, 1.16,
    1.49); rows go round: [0 -1 0 | 1.16], [0 0 -1 | 1.49], [1 0 0 | 0.83]. Of that rotation w = sqrt(1 + 0) / 2 = 1/2,
    x = (0 + 1) / (4 w) = 1/2, y = (0 - 1) / (4 w) = -1/2, z = (0 + 1) / (4 w) = 1/2; JSON has x y z w.
    """
    (tmp_path / "transforms.json").write_text("{}")
    (tmp_path / "base_cam.json").write_text(json.dumps({"path": [entry()], "time": 0.0}))
    (camera,) = read_path(tmp_path / "base_cam.json", LIKE)
    np.testing.assert_allclose(camera.position, [1, 2, 3], atol=1e-12)
    np.testing.assert_allclose(camera.forward, [0, 0, -1], atol=1e-12)
    np.testing.assert_allclose(camera.down, [0, -1, 0], atol=1e-12)
    assert camera.focal_px == pytest.approx((32, 32))
    write_content(tmp_path / "written.json", PathContent((camera,)), "instant-ngp")
    (written,) = json.loads((tmp_path / "written.json").read_text())["path"]
    np.testing.assert_allclose(written["R"], BY_HAND["R"], atol=1e-12)
    np.testing.assert_allclose(written["T"], BY_HAND["T"], atol=1e-12)
    # What its loader asks of every key, or throws.
    assert {"R", "T", "slice", "scale", "fov", "aperture_size"} <= written.keys() and written["fov"] == pytest.approx(
        90
    )


@pytest.mark.parametrize("capture", ['{"scale": 0.5, "offset": [0.1, 0.2, 0.3]}', '{"from_mitsuba": true}', None])
def test_what_is_written_is_read_back_without_its_capture(tmp_path: Path, capture: str | None) -> None:
    if capture is not None:
        (tmp_path / "transforms.json").write_text(capture)
    (note,) = write_content(tmp_path / "base_cam.json", PathContent(tuple(around()), 24.0))
    assert ("a capture's scale and offset" in note) == (capture is None)
    (tmp_path / "transforms.json").unlink(missing_ok=True)
    content = read_content(tmp_path / "base_cam.json", LIKE)
    assert_same_poses(content.cameras, around(), 1e-12)
    assert content.fps == 24 and content.cameras[0].fov_y_deg == pytest.approx(around()[0].fov_y_deg, abs=1e-12)


def test_a_stamp_says_when_the_next_key_is_reached(tmp_path: Path) -> None:
    """`CameraPath::get_pos`: the leg after key i goes from the stamp of key i - 1 (0 for the first) to its own; a path
    that is no loop ends with the stamp of the last but one."""
    stamps = [0.5, 2.0, 7.0]
    data = {"path": [entry(stamp, T=[1.16 + stamp, 1.49, 0.83]) for stamp in stamps], "duration_seconds": 7.0}
    (tmp_path / "transforms.json").write_text("{}")
    (tmp_path / "a.json").write_text(json.dumps({**data, "loop": False}))
    keyed = read_content(tmp_path / "a.json", LIKE).keyed
    assert keyed is not None and [key.time_s for key in keyed.keys] == [0, 0.5, 2.0]
    (tmp_path / "a.json").write_text(json.dumps({**data, "loop": True}))
    keyed = read_content(tmp_path / "a.json", LIKE).keyed
    assert keyed is not None and keyed.loop and keyed.closing_s == 5.0
    write_content(
        tmp_path / "b.json", PathContent(tuple(key.camera for key in keyed.keys), None, None, keyed), "instant-ngp"
    )
    written = json.loads((tmp_path / "b.json").read_text())
    assert (
        [key["timestamp"] for key in written["path"]] == stamps and written["loop"] and written["duration_seconds"] == 7
    )


def test_keys_that_were_set_by_hand_take_as_long_as_its_own_videos(tmp_path: Path) -> None:
    """Its window spreads them over one second (`make_keyframe_timestamps_equidistant`), and draws five by default."""
    data = {"path": [entry((i + 1) / 3, T=[1.16 + i, 1.49, 0.83]) for i in range(3)], "duration_seconds": 1.0}
    (tmp_path / "transforms.json").write_text("{}")
    (tmp_path / "a.json").write_text(json.dumps(data))
    content = read_content(tmp_path / "a.json", LIKE)
    assert content.keyed is not None and [key.time_s for key in content.keyed.keys] == [0, 2.5, 5.0]
    assert len(content.cameras) == 151


def test_what_lies_between_its_keys_is_said_to_be_other(tmp_path: Path) -> None:
    keys = (Keyframe(around()[0], 0.0, ease="ease in"), Keyframe(around()[1], 2.0))
    content = PathContent(tuple(around(2)), 30.0, None, KeyedPath(keys))
    (note,) = write_content(tmp_path / "a.json", content, "instant-ngp")
    assert "passes near them, not through them" in note and "eases" in note


def test_a_stated_space_that_is_none_is_refused(tmp_path: Path) -> None:
    data = {"path": [entry()], "capture_space": {"scale": 0, "offset": [0, 0, 0]}}
    (tmp_path / "a.json").write_text(json.dumps(data))
    with pytest.raises(UserError, match=r"a\.json: capture_space: scale is 0; must be > 0"):
        read_path(tmp_path / "a.json", LIKE)
