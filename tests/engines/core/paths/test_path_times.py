"""Time steps that a path holds beside its cameras."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engines.core.errors import UserError
from engines.core.paths.path_files import read_path, write_path
from engines.core.paths.path_times import read_times
from tests.engines.core.examples import camera_ring


def test_ours_come_back(tmp_path: Path) -> None:
    cameras = camera_ring(4)
    write_path(tmp_path / "path.json", cameras, [3, 1, 1, 9])
    assert read_times(tmp_path / "path.json", 10) == [3, 1, 1, 9]
    # A recording of fewer time steps begins again.
    assert read_times(tmp_path / "path.json", 6) == [3, 1, 1, 3]
    assert len(read_path(tmp_path / "path.json", cameras[0])) == 4


def test_nerfstudios_are_shares_of_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "camera_path.json"
    path.write_text(json.dumps({"camera_path": [{"render_time": share} for share in (0.0, 0.5, 1.0)]}))
    assert read_times(path, 11) == [0, 5, 10]


@pytest.mark.parametrize("text", ["[{}]", "{}", "no json", '{"camera_path": [{"fov": 3}]}', "[1]"])
def test_a_path_without_moments(tmp_path: Path, text: str) -> None:
    (tmp_path / "path.json").write_text(text)
    assert read_times(tmp_path / "path.json", 5) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"time": 0}, {}]', "camera 1 has none for its time step"),
        ('[{"time": true}]', "camera 0 has True"),
        ('[{"time": 0}, {"time": "1"}]', "camera 1 has '1'"),
        ('[{"time": NaN}]', "camera 0 has nan"),
        ('[{"time": 1e400}]', "camera 0 has inf"),
        ('{"camera_path": [{"render_time": 0.5}, {"render_time": null}]}', "camera 1 has none"),
        ('{"camera_path": [{"render_time": [1]}]}', "camera 0 has [1]"),
    ],
)
def test_moments_that_are_no_numbers_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "path.json").write_text(text)
    with pytest.raises(UserError) as refused:
        read_times(tmp_path / "path.json", 5)
    assert message in str(refused.value)


def test_a_mark_before_the_text_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "path.json").write_text('[{"time": 2}]', encoding="utf-8-sig")
    assert read_times(tmp_path / "path.json", 5) == [2]


def test_other_files_hold_none(tmp_path: Path) -> None:
    write_path(tmp_path / "path.txt", camera_ring(2), [1, 2])
    assert read_times(tmp_path / "path.txt", 5) is None and read_times(tmp_path / "missing.json", 5) is None
