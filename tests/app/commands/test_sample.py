from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.commands import sample
from engines.core.errors import UserError
from engines.core.formats import open_dataset


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    sample.add_arguments(parser)
    return sample.run(parser.parse_args(words))


def test_writes_a_folder_that_opens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "sample"
    assert run(str(folder), "--format", "deepvoxels", "--size", "16", "--views", "15", "--samples", "1") == 0
    dataset = open_dataset(folder)
    assert [len(dataset.split(name)) for name in ("train", "validation", "test")] == [15, 1, 3]
    assert "15 train, 1 validation, 3 test views, 16x16 pixels" in capsys.readouterr().out


def test_writes_a_class_that_opens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "cars"
    words = ("--format", "srn", "--instances", "2", "--views", "4", "--size", "16", "--samples", "1")
    assert run(str(folder), *words) == 0
    dataset = open_dataset(folder)
    assert dataset.format == "srn" and dataset.instances == ("car_000", "car_001")
    assert [len(dataset.split(name)) for name in ("train", "validation", "test")] == [8, 2, 6]
    assert "8 train, 2 validation, 6 test views of 2 objects, 16x16 pixels" in capsys.readouterr().out


def test_writes_recordings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "recordings"
    words = ("--format", "llff", "--instances", "2", "--frames", "1", "--size", "16", "--samples", "1", "--seed", "2")
    assert run(str(folder), *words) == 0
    said = "1 train, 1 validation recordings, 1 time step seen by 10 cameras, 16x16 pixels"
    assert said in capsys.readouterr().out
    for part in ("train/rec_000", "validation/rec_001"):
        assert len(list((folder / part / "frames/00000/images").iterdir())) == 10
        assert (folder / part / "poses_bounds.npy").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--format", "llff", "--views", "12"), "--views: a recording is made by a rig of 10 cameras"),
        (("--format", "llff", "--size", "4096", "--samples", "16"), "2,415,919,104 rays a picture"),
        (("--format", "llff", "--instances", "10000", "--frames", "100"), "10100000 pictures; at most"),
        (("--frames", "24"), "--frames: only a recording has time steps"),
        (("--format", "srn", "--frames", "24"), "--frames: only a recording has time steps"),
    ],
)
def test_what_a_layout_does_not_have_is_refused(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(UserError, match=message):
        run(str(tmp_path / "sample"), *words)
    assert not (tmp_path / "sample").exists()


def test_one_still_life_has_no_objects(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--instances: only a class has several"):
        run(str(tmp_path / "sample"), "--instances", "2")


@pytest.mark.parametrize(
    "words", [("--size", "0"), ("--views", "0"), ("--seed", "-1"), ("--samples", "0"), ("--frames", "0")]
)
def test_numbers_out_of_range_are_told(tmp_path: Path, words: tuple[str, str]) -> None:
    with pytest.raises(UserError, match=f"{words[0]} {words[1]}: must lie between"):
        run(str(tmp_path / "sample"), *words)
    assert not (tmp_path / "sample").exists()


def test_interrupt_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sample, "write_sample", interrupted)
    assert run(str(tmp_path / "sample"), "--size", "16", "--views", "15") != 0
    assert "stopped after 0 of 19 views" in capsys.readouterr().err


def test_interrupt_of_a_recording_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*given: Any, **more: Any) -> None:
        given[3](7)
        raise KeyboardInterrupt

    monkeypatch.setattr(sample, "write_recordings", interrupted)
    assert run(str(tmp_path / "sample"), "--format", "llff") == sample.INTERRUPTED
    assert "stopped after 7 of 250 views" in capsys.readouterr().err


def test_a_sample_that_was_killed_is_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["sample", str(tmp_path / "a"), "--size", "16", "--views", "2", "--samples", "1"]
    assert main(command) == 0
    rest = tmp_path / "a" / "train" / "rgb" / ".000000.783a52ff.part.png"
    rest.write_bytes(b"half")
    assert main(command) == 1 and "holds files already" in capsys.readouterr().err
    names = ("format", "seed", "size", "objects", "views", "frames", "samples")
    values = dict(zip(names, ("deepvoxels", 0, 16, None, 2, None, 1), strict=True))
    (tmp_path / "a" / ".unfinished-sample").write_text(json.dumps(values))
    assert main([*command, "--seed", "1"]) == 1 and "part of another sample" in capsys.readouterr().err
    assert main(command) == 0 and not rest.exists()
    assert not (tmp_path / "a" / ".unfinished-sample").exists()
