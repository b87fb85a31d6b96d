"""Paths of other programs as keys, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.path_editing.foreign import keys_of, read_foreign, write_foreign
from engines.core.errors import UserError
from engines.core.paths.exchange.formats import PATH_FORMATS
from engines.core.paths.keyed_motion import PathMotion, path_frames
from engines.core.paths.keyframes import KeyedPath, Keyframe
from engines.core.paths.path_content import PathContent
from tests.engines.core.examples import camera_at, camera_ring

UP = np.array([0.0, 0.0, 1.0])
PATH = KeyedPath(tuple(Keyframe(camera, number * 0.5) for number, camera in enumerate(camera_ring(8)[:5])), fps=24)


@pytest.mark.parametrize("form", [name for name in PATH_FORMATS if name not in ("vantage", "kitti", "colmap")])
def test_what_is_written_for_a_program_comes_back_as_keys(form: str, tmp_path: Path) -> None:
    out = tmp_path / f"path{PATH_FORMATS[form].suffixes[0]}"
    write_foreign(out, PATH, UP, form)
    found = read_foreign(out, camera_at(1, 2, 3))
    assert 2 <= len(found.keys) <= 49
    frames = path_frames(PATH).cameras
    motion = PathMotion(found)
    span = found.keys[-1].time_s - found.keys[0].time_s
    times = [found.keys[0].time_s + span * number / (len(frames) - 1) for number in range(len(frames))]
    off = [np.abs(a.position - b.position).max() for a, b in zip(motion.cameras(times), frames, strict=True)]
    # A thousandth of the path's size, and what single precision loses.
    assert max(off) < 6e-3, max(off)


def test_a_few_cameras_without_a_rate_are_keys_a_second_apart() -> None:
    found = keys_of(PathContent(camera_ring(3)))
    assert [key.time_s for key in found.keys] == [0.0, 1.0, 2.0]


def test_the_time_steps_of_a_recording_are_keyed() -> None:
    cameras = camera_ring(40)
    found = keys_of(PathContent(cameras, 20.0, list(range(40))))
    motion = PathMotion(found)
    assert [round(each["time"], 6) for each in motion.controls([0.0, 1.0, 39 / 20])] == [0.0, 20.0, 39.0]


def test_what_is_lost_is_said_and_what_is_no_path_refused(tmp_path: Path) -> None:
    assert "can't keep" in " ".join(write_foreign(tmp_path / "a.chan", PATH, UP, "nuke"))
    with pytest.raises(UserError, match=r"is written as \.chan"):
        write_foreign(tmp_path / "a.json", PATH, UP, "nuke")
    (tmp_path / "no.json").write_text("[]")
    with pytest.raises(UserError, match="holds no cameras"):
        read_foreign(tmp_path / "no.json", camera_at(1, 2, 3))
