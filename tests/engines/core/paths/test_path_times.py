"""Time steps that a path holds beside its cameras."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engines.core.errors import UserError
from engines.core.paths import path_json
from engines.core.paths.path_files import read_content, read_path, write_path
from engines.core.paths.path_times import times_said
from engines.core.reading import read_json
from tests.engines.core.cameras_around import LIKE
from tests.engines.core.examples import camera_ring


def read_times(path: Path, time_steps: int) -> list[int] | None:
    """The time step of each camera of a file, whatever else stands in it."""
    said = times_said(path, read_json(path))
    return said.steps(time_steps) if said is not None else None


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


@pytest.mark.parametrize("text", ["[{}]", "{}", '{"camera_path": [{"fov": 3}]}', "[1]"])
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


def test_a_file_is_read_once_for_cameras_and_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_path(tmp_path / "path.json", camera_ring(3), [2, 0, 1])
    read = list[Path]()

    def counted(path: Path) -> object:
        read.append(path)
        return read_json(path)

    monkeypatch.setattr(path_json, "read_json", counted)
    content = read_content(tmp_path / "path.json", LIKE)
    assert content.times_said is not None and content.times_said.steps(5) == [2, 0, 1] and content.times == [2, 0, 1]
    assert read == [tmp_path / "path.json"]


def test_what_says_no_numbers_is_no_time_step_to_write(tmp_path: Path) -> None:
    for text, said in (('[{"time": 1.5}]', (1.5,)), ('[{"time": -1}]', (-1,)), ('[{"time": true}]', (True,))):
        (tmp_path / "path.json").write_text(text)
        found = times_said(tmp_path / "path.json", read_json(tmp_path / "path.json"))
        assert found is not None and found.said == said and found.numbers is None


def test_other_files_hold_none(tmp_path: Path) -> None:
    write_path(tmp_path / "path.txt", camera_ring(2), [1, 2])
    assert read_content(tmp_path / "path.txt", LIKE).times_said is None
