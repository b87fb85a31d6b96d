"""What a training holds out, how it is drawn meanwhile, and that it is what is scored afterwards."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from colour_grid.scene import ColourGridScene

from app import cli
from app.export.render_settings import RenderSettings, resolve_path
from app.gui.export.export_settings import SPLIT_PREFIX, path_choices
from app.training.loop import run_training
from app.viewing.opening import open_scene
from app.viewing.validation_split import (
    MOST_NAMED,
    held_out_names,
    instance_views,
    remembering,
    with_held_out_of,
    without_judged,
)
from app.viewing.viewpoints import read_viewpoints
from engines.core.camera import Camera
from engines.core.data.images import image_size, write_png
from engines.core.data.views import Views
from engines.core.engine import never_stop
from engines.core.formats import open_dataset
from engines.core.storage.checkpoint import HELD_OUT, Checkpoint, SceneInfo
from engines.core.storage.run_folder import PHOTOGRAPH_NAME, SCENE_NAME, read_run_checkpoint
from tests.app.posed_photographs import ring, write_capture

SMALL = {"max_steps": 2, "held_out_every": 4}


def train(folder: Path, out: Path, **settings: Any) -> None:
    run_training("colour_grid", folder, out, {**SMALL, **settings}, "cpu", False, lambda report: None, never_stop)


def evaluated(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    capsys.readouterr()
    assert cli.main(["evaluate", *map(str, words), "--json", "--device", "cpu"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def names(found: dict[str, Any]) -> list[str]:
    return [view["view"] for view in found["views"]]


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_capture(tmp_path_factory.mktemp("captures") / "capture")


@pytest.fixture(scope="module")
def trained(capture: Path) -> Path:
    out = capture.parent / "run"
    train(capture, out)
    return out


def test_what_the_run_held_out_is_scored(capture: Path, trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = evaluated(capsys, trained, "--data", capture)
    assert names(found) == ["0003", "0007", "0011"]
    assert found["split"] == "validation" and found["views_are"] == "held out by the run"
    learnt = evaluated(capsys, trained, "--data", capture, "--split", "train")
    assert len(names(learnt)) == 9 and not set(names(learnt)) & set(names(found))
    assert learnt["views_are"] == "train: the scene was trained on them"


def test_a_scene_file_still_knows_elsewhere_and_of_a_folder_that_grew(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(trained / SCENE_NAME, tmp_path / "sent.safetensors")
    # The rule alone would now hold out others.
    folder = write_capture(tmp_path / "capture", 12)
    data = json.loads((folder / "transforms.json").read_text())
    write_png(folder / "images" / "first.png", np.full((32, 40, 3), 99, dtype=np.uint8))
    data["frames"].insert(0, {**data["frames"][0], "file_path": "images/first.png"})
    (folder / "transforms.json").write_text(json.dumps(data))
    assert names(evaluated(capsys, tmp_path / "sent.safetensors", "--data", folder)) == ["0003", "0007", "0011"]


def test_the_table_says_which_views_they_are(capture: Path, trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evaluate", str(trained), "--data", str(capture), "--device", "cpu"]) == 0
    assert "(3 held out by the run)" in capsys.readouterr().out


def test_the_folders_own_test_views_come_first_and_are_never_learnt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_capture(tmp_path / "capture", 12, test_filenames=["images/0002.png", "images/0005.png"])
    train(folder, tmp_path / "run")
    assert names(evaluated(capsys, tmp_path / "run", "--data", folder)) == ["0002", "0005"]
    held_out = evaluated(capsys, tmp_path / "run", "--data", folder, "--split", "validation")
    assert names(held_out) == ["0004", "0009"] and held_out["views_are"] == "held out by the run"
    learnt = evaluated(capsys, tmp_path / "run", "--data", folder, "--split", "train")
    assert not set(names(learnt)) & {"0002", "0005", "0004", "0009"} and len(names(learnt)) == 8


def test_info_names_what_was_held_out(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert cli.main(["info", str(trained)]) == 0
    assert re.search(r"held out +3 views: 0003, 0007, 0011\n", capsys.readouterr().out)


def test_what_was_held_out_is_a_path_and_visited_as_validation(capture: Path, trained: Path, tmp_path: Path) -> None:
    for path, count in (("validation", 3), ("train", 9)):
        out = tmp_path / f"{path}.npy"
        words = ("render", trained, "--data", capture, "--path", path, "--out", out, "--device", "cpu")
        assert cli.main([str(word) for word in words]) == 0
        assert len(np.load(out)) == count
    opened = open_scene(trained, capture, "cpu")
    points = read_viewpoints(opened)
    assert [point.name for point in points if point.split == "validation"] == ["0003", "0007", "0011"]
    assert len(points) == 12
    offered = [title for name, title in path_choices(opened).items() if name.startswith(SPLIT_PREFIX)]
    assert offered == ["Data folder: training views (9)", "Data folder: validation views (3)"]
    assert resolve_path(RenderSettings("validation"), opened).cameras == tuple(
        point.camera for point in points if point.split == "validation"
    )


def test_a_folder_with_validation_views_stays_as_it_is(capture: Path, trained: Path) -> None:
    dataset = open_dataset(capture)
    views = [replace(view, instance=index % 2) for index, view in enumerate(dataset.views)]
    views[1] = replace(views[1], split="validation")
    dataset = replace(dataset, views=Views.of(views), instances=("a", "b"))
    checkpoint = Checkpoint("colour_grid", {"held_out_every": 2}, 2, {}, SceneInfo.of_dataset(dataset))
    # Of object a none is a validation view; that of b says that the run held nothing out.
    assert {view.split for view in instance_views(checkpoint, dataset, 0)} == {"train"}
    assert [view.split for view in instance_views(checkpoint, dataset, 1)].count("validation") == 1


def test_a_photograph_of_two_splits_is_not_learnt(tmp_path: Path) -> None:
    opened = open_dataset(write_capture(tmp_path / "capture", 12))
    views = list(opened.views)
    tests = [replace(view, split="test") for view in views[4:7]]
    dataset = without_judged(replace(opened, views=Views.of([*views, *tests])))
    learnt = [view.name for view in dataset.split("train")]
    assert learnt == ["0000", "0001", "0002", "0003", "0007", "0008", "0009", "0010", "0011"]
    assert len(dataset.split("test")) == 3 and "3 of 12 training photographs" in dataset.notes[-1]
    everything = Views.of([*views, *(replace(view, split="test") for view in views)])
    dataset = without_judged(replace(opened, views=everything))
    assert len(dataset.split("train")) == 12 and "scores say nothing" in dataset.notes[-1]
    assert without_judged(opened) is opened


def test_nothing_held_out_is_said(tmp_path: Path, capture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(capture, tmp_path / "run", held_out_every=0)
    found = evaluated(capsys, tmp_path / "run", "--data", capture)
    assert len(names(found)) == 12 and found["views_are"] == "train: the scene was trained on them"


def test_a_file_without_names_goes_by_the_rule(capture: Path, trained: Path) -> None:
    checkpoint = read_run_checkpoint(trained)
    assert checkpoint.scene is not None and checkpoint.scene.hints[HELD_OUT] == ["0003", "0007", "0011"]
    dataset = open_dataset(capture)
    assert held_out_names(dataset, 4) == ["0003", "0007", "0011"] and held_out_names(dataset, 0) == []
    bare = Checkpoint("colour_grid", {"held_out_every": 6}, 2, {}, remembering(checkpoint, []).scene)
    assert bare.scene is not None
    hints = {name: value for name, value in bare.scene.hints.items() if name != HELD_OUT}
    old = Checkpoint("colour_grid", {"held_out_every": 6}, 2, {}, replace(bare.scene, hints=hints))
    assert [view.name for view in with_held_out_of(old, dataset).split("validation")] == ["0005", "0011"]
    # Files of the authors' code say nothing.
    theirs = Checkpoint("colour_grid", {"held_out_every": 6}, 0, {}, None)
    assert not with_held_out_of(theirs, dataset).split("validation") and MOST_NAMED > 100


def test_held_out_views_are_drawn_at_the_size_that_is_learnt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, drawn = write_capture(tmp_path / "capture", 8, (400, 300)), list[tuple[int, int]]()
    draw = ColourGridScene.render

    def noted(scene: ColourGridScene, camera: Camera, *rest: Any) -> Any:
        drawn.append(camera.size_px)
        return draw(scene, camera, *rest)

    monkeypatch.setattr(ColourGridScene, "render", noted)
    told = list[str]()
    settings = {**SMALL, "validate_every": 1, "side_px": 16}
    run_training(
        "colour_grid", folder, tmp_path / "run", settings, "cpu", False, lambda _: None, never_stop, tell=told.append
    )
    # Before the first step one of the two, then both after each.
    assert drawn == [(16, 16)] * 5
    assert told == ["drawing a held-out view", "", "scoring 2 held-out views", "", "scoring 2 held-out views", ""]
    assert image_size(tmp_path / "run" / "held_out" / PHOTOGRAPH_NAME) == (16, 16)


def test_the_command_line_says_what_goes_on(capture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = [word for name, value in SMALL.items() for word in ("--set", f"{name}={json.dumps(value)}")]
    words = [
        "train",
        str(capture),
        "--method",
        "colour_grid",
        "--out",
        str(tmp_path / "run"),
        "--device",
        "cpu",
        *settings,
    ]
    assert cli.main(words) == 0
    told = capsys.readouterr().err
    assert "run, drawing a held-out view: " in told and "run, scoring 3 held-out views: " in told


def test_numbers_of_numpy_make_no_other_camera() -> None:
    camera = ring(1, (40, 32))[0]
    lens = np.array([30.0, 31.0])
    known = Camera(camera.camera_to_world, tuple(lens), tuple(lens), tuple(np.array([40, 32])))
    assert all(type(value) is float for value in (*known.focal_px, *known.centre_px))
    assert all(type(side) is int for side in known.size_px)
