"""The runs on the disk, whatever is the matter with them."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from app.training.runs import library
from app.training.runs.library import CurveReader, Library, held_out_pictures, read_run, rename_run
from engines.core.data.images import write_png
from engines.core.errors import UserError
from engines.core.storage.run_folder import (
    CONFIG_NAME,
    HISTORY_NAME,
    SCENE_NAME,
    TRAINING_NAME,
    append_history,
    claimed,
    is_claimed,
    write_run_checkpoint,
    write_run_config,
)
from tests.engines.core.examples import checkpoint


def begun(folder: Path, max_steps: int | list[int] = 9) -> Path:
    """A run that has saved nothing yet."""
    write_run_config(folder, "colour_grid", Path("/data/car"), {"max_steps": max_steps})
    return folder


def saved(folder: Path, step: int = 7, **more: Any) -> Path:
    """A run with a checkpoint and two validations."""
    begun(folder, **more)
    for entry in ({"step": 3, "l1": 0.5, "psnr": 22.5, "ssim": 0.5}, {"step": step, "l1": 0.25, "psnr": 21.5}):
        append_history(folder, {"time": 1.0, **entry})
    write_run_checkpoint(folder, checkpoint(step=step))
    return folder


def test_a_run_tells_how_far_it_is(tmp_path: Path) -> None:
    run = read_run(saved(tmp_path / "car"))
    assert run is not None
    assert (run.name, run.engine, run.data, run.step, run.max_steps) == ("car", "colour_grid", Path("/data/car"), 7, 9)
    assert (run.psnr, run.best_psnr) == (21.5, 22.5)
    assert not run.finished and run.resumable and run.has_scene and not run.training
    finished = read_run(saved(tmp_path / "done", step=9))
    assert finished is not None and finished.finished


def test_a_run_that_has_saved_nothing_can_not_go_on(tmp_path: Path) -> None:
    run = read_run(begun(tmp_path / "new"))
    assert run is not None and (run.step, run.psnr, run.best_psnr) == (0, None, None)
    assert not run.resumable and not run.has_scene and not run.finished


def test_without_its_scene_a_run_is_as_far_as_its_history(tmp_path: Path) -> None:
    (saved(tmp_path / "car") / SCENE_NAME).unlink()
    run = read_run(tmp_path / "car")
    assert run is not None and run.step == 7 and run.resumable and run.has_scene


def test_runs_are_found_at_home_and_where_they_are_known(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for number, folder in enumerate((home / "a", home / "b", tmp_path / "elsewhere")):
        saved(folder)
        for path in folder.iterdir():
            os.utime(path, (1000 + number, 1000 + number))
    (home / "notes").mkdir()
    (home / "file").write_text("mine")
    found = Library().find(home, [tmp_path / "elsewhere", home / "a", tmp_path / "gone"])
    assert [run.name for run in found] == ["elsewhere", "b", "a"]
    assert Library().find(tmp_path / "none") == []


DAMAGE = {
    CONFIG_NAME: ["", "[]", "a: [", "engine: colour_grid", "engine: x\ndata: y\nconfig: 3", "\x00"],
    SCENE_NAME: ["", "not a scene"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in DAMAGE.items() for text in texts])
def test_a_damaged_run_is_passed_over(tmp_path: Path, name: str, text: str) -> None:
    saved(tmp_path / "good")
    (saved(tmp_path / "bad") / name).write_text(text)
    assert [run.name for run in Library().find(tmp_path)] == ["good"]


@pytest.mark.parametrize("steps", ["many", None, [], float("inf")])
def test_a_run_of_no_number_of_steps_is_passed_over(tmp_path: Path, steps: Any) -> None:
    begun(tmp_path / "bad", max_steps=steps)
    assert Library().find(tmp_path) == []


def test_a_folder_that_can_not_be_looked_into_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(tmp_path / "good")
    (tmp_path / "lost+found").mkdir()
    is_file = Path.is_file

    def guarded(path: Path) -> bool:
        if path.parent.name == "lost+found":
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    # By hand: tests may run as root, who may look everywhere.
    monkeypatch.setattr(Path, "is_file", guarded)
    assert [run.name for run in Library().find(tmp_path)] == ["good"]


def test_what_has_not_changed_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = saved(tmp_path / "car")
    begun(tmp_path / "bad", max_steps=[])
    runs, read = Library(), list[Path]()

    def noted(folder: Path, *rest: Any) -> Any:
        read.append(folder)
        return read_run(folder, *rest)

    monkeypatch.setattr(library, "read_run", noted)
    first = runs.find(tmp_path)
    assert runs.find(tmp_path) == first and len(read) == 2
    with claimed(folder):
        assert runs.find(tmp_path)[0].training
    assert not runs.find(tmp_path)[0].training and len(read) == 2
    append_history(folder, {"step": 8, "psnr": 24.5})
    assert runs.find(tmp_path)[0].psnr == 24.5
    assert len(read) == 3


def test_curves_are_read_on_as_the_file_grows(tmp_path: Path) -> None:
    reader = CurveReader(tmp_path)
    assert reader.read().steps == ()
    append_history(tmp_path, {"step": 1, "time": 5.0, "l1": 0.5})
    append_history(tmp_path, {"step": 2, "time": 6.0, "l1": 0.25, "psnr": 20.0, "ssim": 0.5})
    curves = reader.read()
    assert curves.steps == (1, 2) and curves.psnr == ((2, 20.0),)
    assert dict(curves.losses) == {"l1": ([1, 2], [0.5, 0.25])}
    append_history(tmp_path, {"step": 3, "adversarial": 1})
    assert reader.read().losses["adversarial"] == ([3], [1.0])
    # What was given before stays as it was.
    assert curves.steps == (1, 2) and "adversarial" not in curves.losses


def test_a_line_that_is_still_being_written_is_waited_for(tmp_path: Path) -> None:
    path, line = tmp_path / HISTORY_NAME, json.dumps({"step": 1, "l1": 0.5}) + "\n"
    reader = CurveReader(tmp_path)
    path.write_text(line[:10])
    assert reader.read().steps == ()
    path.write_text(line + line.replace("1", "2")[:5])
    assert reader.read().steps == (1,)


def test_lines_that_were_taken_back_are_forgotten(tmp_path: Path) -> None:
    reader, path = CurveReader(tmp_path), tmp_path / HISTORY_NAME
    lines = [json.dumps({"step": step, "l1": 0.5}) + "\n" for step in range(1, 7)]
    path.write_text("".join(lines[:4]))
    assert reader.read().steps == (1, 2, 3, 4)
    path.write_text("".join(lines[:2]))
    assert reader.read().steps == (1, 2)
    # Replaced, as on resuming, and longer than before by the time it is looked at.
    part = tmp_path / "part"
    part.write_text("".join(lines[:1] + lines[2:]))
    part.replace(path)
    assert reader.read().steps == (1, 3, 4, 5, 6)
    path.unlink()
    assert reader.read().steps == ()


@pytest.mark.parametrize(
    "line",
    [
        b"[]",
        b"{}",
        b"null",
        b'{"step": "x"}',
        b'{"step": Infinity}',
        b'{"step": null}',
        b"\x00\x00\x00",
        b"\xff\xfe",
        b'{"step": 2, "l1": 1' + 400 * b"0" + b"}",
        b'{"step": 2, "psnr": NaN, "l1": Infinity, "ssim": 3}',
    ],
)
def test_a_line_of_nonsense_draws_nothing(tmp_path: Path, line: bytes) -> None:
    (tmp_path / HISTORY_NAME).write_bytes(
        b'{"step": 1, "l1": 0.5, "psnr": 3}\n' + line + b'\n{"step": 3, "l1": 0.25}\n'
    )
    curves = CurveReader(tmp_path).read()
    assert dict(curves.losses) == {"l1": ([1, 3], [0.5, 0.25])} and curves.psnr == ((1, 3.0),)


def test_held_out_pictures_are_in_the_order_of_their_steps(tmp_path: Path) -> None:
    assert held_out_pictures(tmp_path) == (None, [])
    there = tmp_path / "held_out"
    there.mkdir()
    for name in ("00000100.png", "00000020.png", "photograph.png", ".00000120.0123abcd.part.png", "².png", "x.txt"):
        (there / name).write_bytes(b"")
    photograph, pictures = held_out_pictures(tmp_path)
    assert photograph == there / "photograph.png"
    assert pictures == [(20, there / "00000020.png"), (100, there / "00000100.png")]


def test_a_run_gets_another_name(tmp_path: Path) -> None:
    run = read_run(saved(tmp_path / "car"))
    assert run is not None
    new = rename_run(run, "  red car ")
    assert new == tmp_path / "red car" and not run.folder.exists()
    again = read_run(new)
    assert again is not None and again.step == run.step


@pytest.mark.parametrize(
    ("name", "told"),
    [
        *[(name, "a run's name must not be empty") for name in ("", "  ", ".", "..", ".a", "a/b", "a\\b", "a:b")],
        *[(name, "a run's name must not be empty") for name in ("a\0b", "a\nb")],
        ("taken", "is there already; choose another name"),
        ("file", "is there already; choose another name"),
        (300 * "x", "can't be written"),
    ],
)  # fmt: skip
def test_a_name_that_can_not_be_is_one_line(tmp_path: Path, name: str, told: str) -> None:
    run = read_run(saved(tmp_path / "car"))
    (tmp_path / "taken").mkdir()
    (tmp_path / "file").touch()
    assert run is not None
    with pytest.raises(UserError, match=told):
        rename_run(run, name)
    assert read_run(tmp_path / "car") is not None


def test_a_run_that_is_being_trained_keeps_its_name(tmp_path: Path) -> None:
    run = read_run(saved(tmp_path / "car"))
    assert run is not None
    with claimed(run.folder), pytest.raises(UserError, match="car: is being trained; stop it first"):
        rename_run(run, "van")
    with claimed(run.folder), pytest.raises(UserError, match="another process is training there"), claimed(run.folder):
        pytest.fail("claimed twice")
    rename_run(run, "van")
    with pytest.raises(UserError, match="can't be written"):
        rename_run(run, "truck")


def test_who_looks_keeps_nobody_from_training(tmp_path: Path) -> None:
    folder = saved(tmp_path / "car")
    assert not is_claimed(folder)
    looked = threading.Event()

    def look() -> None:
        with claimed(folder):
            looked.set()
            time.sleep(0.1)

    # As `is_claimed` has it for a moment, but longer.
    looker = threading.Thread(target=look)
    looker.start()
    looked.wait()
    assert is_claimed(folder)
    with claimed(folder):
        assert is_claimed(folder)
    looker.join()
    assert not is_claimed(folder) and not is_claimed(tmp_path / "none")


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    folder = saved(tmp_path / "car")
    left = [folder / ".training.0123abcd.part.pt", folder / "held_out" / ".00000003.0123abcd.part.png"]
    live = folder / ".live.safetensors"
    for path in (*left, live, folder / ".mine"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"cut")
    write_png(folder / "held_out" / "00000003.png", np.zeros((2, 2, 3), np.uint8))
    with claimed(folder):
        assert not any(path.exists() for path in left)
    assert not live.exists() and (folder / ".mine").exists() and (folder / TRAINING_NAME).exists()
    assert [step for step, _ in held_out_pictures(folder)[1]] == [3]


def test_runs_that_are_known_are_listed_where_the_folder_of_runs_is_not_to_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> NoReturn:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert Library().find(tmp_path) == []
