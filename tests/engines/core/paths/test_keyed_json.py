"""Keyed paths in files: to the bit, and wrong ones in one line that names the place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.core.errors import UserError
from engines.core.paths.keyed_json import keyed_from, keyed_text, read_keyed, write_keyed
from engines.core.paths.keyed_motion import path_frames
from engines.core.paths.keyframes import KeyedPath
from engines.core.paths.path_files import read_path, write_path
from tests.engines.core.paths.test_keyed_motion import CAMERA, by_chance

PATH = KeyedPath(
    by_chance(5), 24.0, True, 1 / 3, True, 0.1 + 0.2, frozenset({"instance", "blend_with"}), (0.1, -2.0, 1e-17)
)


def test_everything_is_kept_to_the_bit(tmp_path: Path) -> None:
    file = tmp_path / "path.json"
    write_keyed(file, PATH)
    back = read_keyed(file)
    assert back is not None and keyed_text(back) == keyed_text(PATH)
    for key, again in zip(PATH.keys, back.keys, strict=True):
        assert np.array_equal(key.camera.camera_to_world, again.camera.camera_to_world)
        assert (key.camera.focal_px, key.time_s, key.controls) == (again.camera.focal_px, again.time_s, again.controls)
    assert (back.closing_s, back.end_s, back.subject, back.stepped) == (1 / 3, 0.1 + 0.2, PATH.subject, PATH.stepped)


def test_an_empty_path_is_kept(tmp_path: Path) -> None:
    write_keyed(tmp_path / "path.json", KeyedPath())
    back = read_keyed(tmp_path / "path.json")
    assert back is not None and back.keys == ()
    with pytest.raises(UserError, match="holds no cameras"):
        read_path(tmp_path / "path.json", CAMERA)


def test_it_is_a_path_of_cameras_too(tmp_path: Path) -> None:
    file = tmp_path / "path.json"
    write_keyed(file, PATH)
    cameras = read_path(file, CAMERA)
    for camera, frame in zip(cameras, path_frames(PATH).cameras, strict=True):
        assert np.array_equal(camera.camera_to_world, frame.camera_to_world)


def test_lists_of_cameras_are_no_keys(tmp_path: Path) -> None:
    write_path(tmp_path / "cameras.json", [CAMERA, CAMERA])
    assert read_keyed(tmp_path / "cameras.json") is None
    assert len(read_path(tmp_path / "cameras.json", CAMERA)) == 2
    (tmp_path / "text.json").write_text("no JSON", encoding="utf-8")
    assert read_keyed(tmp_path / "text.json") is None and read_keyed(tmp_path / "none.json") is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"version": 2}, "version 2; this Vantage reads up to 1"),
        ({"version": True}, "version True"),
        ({"fps": "30"}, "fps is '30'; needs a number"),
        ({"loop": 1}, "loop is 1; needs true or false"),
        ({"keys": None}, "needs keys, a list"),
        ({"end_s": -1}, "end_s is -1"),
        ({"subject": [1, 2]}, "not enough values"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Any], says: str) -> None:
    with pytest.raises(UserError, match=f"p.json: .*{says}"):
        keyed_from("p.json", json.loads(keyed_text(PATH)) | change)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("ease", "bounce", "ease is 'bounce'"),
        ("ease", ["linear"], "ease is"),
        ("time_s", -1, "stands at 0 to"),
        ("time_s", 0, "two keys stand at 0 s"),
        ("camera", [], "not a camera"),
        ("controls", {"blend": None}, "blend is None; needs a number"),
        ("controls", 5, "not iterable"),
    ],
)
def test_a_wrong_key_is_named(field: str, value: Any, says: str) -> None:
    data = json.loads(keyed_text(PATH))
    data["keys"][1][field] = value
    where = "p.json: two" if "two" in says else "p.json: key 2: "
    with pytest.raises(UserError, match=f"{where[:8]}.*{says}"):
        keyed_from("p.json", data)
    del data["keys"][1][field]
    with pytest.raises(UserError, match=f"p.json: key 2: has no {field}"):
        keyed_from("p.json", data)
