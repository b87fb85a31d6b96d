"""Two commands that write the same: the second is refused in one line, whichever they are, and touches nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from engines.core.data.images import write_png
from engines.core.files import holding
from tests.engines.core.formats.test_colmap_projects import write_model

FILES = {
    "render": ("none.safetensors", "--out", "out.mp4"),
    "render a folder": ("none.safetensors", "--out", "out"),
    "render a path": ("none.safetensors", "--out", "out.json"),
    "mesh": ("none.safetensors", "--out", "out.glb"),
    "evaluate": ("none.safetensors", "--data", "none", "--out", "out.csv"),
    "clean": ("none.safetensors", "--box", "scene", "--out", "out.ply"),
    "convert": ("none.safetensors", "--to", "scene", "--out", "out.safetensors"),
}


def photographs(folder: Path) -> None:
    for index in range(3):
        write_png(folder / f"{index}.png", np.full((8, 8, 3), 40 * index, np.uint8))


def refused(words: list[str], capsys: pytest.CaptureFixture[str], why: str = "is being written by another") -> str:
    assert main(words) == 1
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and why in told.err
    return told.err


@pytest.mark.parametrize("command", FILES)
def test_a_file_that_is_being_written(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [command.split()[0], *FILES[command]]
    with holding(Path(words[-1])):
        assert words[-1] in refused(words, capsys)
    assert main(words) == 1 and "none.safetensors" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_sample_that_is_being_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "toys"
    words = ["sample", str(folder), "--size", "16", "--views", "1", "--samples", "1"]
    with holding(folder / ".unfinished-sample"):
        assert str(folder) in refused(words, capsys)
    assert main(words) == 0
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_an_undistortion_that_is_being_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_model(tmp_path / "sparse" / "0", ["0.png", "1.png", "2.png"])
    photographs(tmp_path / "images")
    with holding(tmp_path / "out" / "images"):
        refused(["undistort", str(tmp_path), "--out", str(tmp_path / "out")], capsys)


def test_cameras_that_are_being_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photographs(tmp_path)
    before = sorted(tmp_path.iterdir())
    with holding(tmp_path / "colmap"):
        refused(["poses", str(tmp_path)], capsys)
    assert sorted(tmp_path.iterdir()) == before


def test_a_film_whose_frames_are_being_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with holding(tmp_path / "out" / "images"):
        refused(["poses", str(tmp_path / "video.mp4"), "--out", str(tmp_path / "out")], capsys)


NAMELESS = {
    "render": ("render", "none.safetensors", "--out", ".mp4"),
    "render a path": ("render", "none.safetensors", "--out", "sub/.json"),
    "mesh": ("mesh", "none.safetensors", "--out", ".glb"),
    "convert": ("convert", "none.safetensors", "--to", "upstream", "--out", ".pth"),
    "convert a path": ("convert", "none.tum", "--to", "colmap", "--out", ".txt"),
    "train": ("train", "none", "--method", "colour_grid", "--out", ".mp4"),
    "sample": ("sample", ".json"),
    "poses": ("poses", "none.mp4", "--out", ".mov"),
}


@pytest.mark.parametrize("command", NAMELESS)
def test_what_is_called_by_a_suffix_alone(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = list(NAMELESS[command])
    place = Path(words[-1])
    told = refused(words, capsys, "is a suffix without a name; put one before it, such as out" + place.name.lower())
    assert told.startswith(f"vantage: {place}: ")
    assert list(tmp_path.iterdir()) == []


def test_an_undistortion_into_a_suffix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_model(Path("in/sparse/0"), ["0.png"])
    refused(["undistort", "in", "--out", ".png"], capsys, ".png: is a suffix without a name")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
