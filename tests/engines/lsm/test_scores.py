"""Scores as the authors' test scripts print them: their numbers on the same arrays, and the command on a folder."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from app import cli
from app.shapes.score_table import table
from app.shapes.scores import ObjectScore, ShapeScores, depth_error, intersections_over_unions
from engines.core.data.images import read_image
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.scene_file import write_scene_file
from engines.lsm.config import LsmConfig
from engines.lsm.network import Lsm

SMALL = {"nvox": 8, "im_h": 32, "im_w": 32, "im_batch": 2}


def test_scores_and_tables_are_the_authors(shared: Path) -> None:
    folder = shared / "golden" / "lsm"
    printed = json.loads((folder / "metrics.json").read_text())
    names = [f"{name}/{number}" for number, name in enumerate(printed["shape_ids"])]
    with np.load(folder / "metrics.npz") as arrays:
        thresholds = tuple(arrays["iou/thresh"].tolist())
        filled = arrays["iou/gt"][..., 0] > 0
        iou = [
            intersections_over_unions(p[..., 0], g, thresholds) for p, g in zip(arrays["iou/pred"], filled, strict=True)
        ]
        np.testing.assert_array_equal(np.stack(iou, axis=-1), arrays["iou/out"])
        known = arrays["depth/gt"][..., 0]
        known = np.where(known < known.max(), known, np.inf)
        errors = [depth_error(p[0, ..., 0], k) for p, k in zip(arrays["depth/pred"], known, strict=True)]
        np.testing.assert_array_equal(errors, arrays["depth/out"])
    voxels = [ObjectScore(name, (0, 1, 2, 3), iou=each) for name, each in zip(names, iou, strict=True)]
    assert table(ShapeScores(tuple(voxels), thresholds, "")) == printed["iou_table"]
    depths = [ObjectScore(name, (0, 1, 2), depth=each) for name, each in zip(names, errors, strict=True)]
    assert table(ShapeScores(tuple(depths), (), "")) == printed["depth_table"]


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A V-LSM and a D-LSM with random weights."""
    folder, found = tmp_path_factory.mktemp("scenes"), {}
    for kind, more in (("vlsm", {}), ("dlsm", {"ray_samples": 4})):
        config = {**SMALL, "kind": kind, **more}
        torch.manual_seed(1)
        found[kind] = folder / f"{kind}.safetensors"
        write_scene_file(found[kind], Checkpoint("lsm", config, 5, Lsm(LsmConfig(**config)).state_dict()))
    return found


def evaluated(scene: Path, cars_folder: Path, *more: str) -> int:
    return cli.main(["evaluate", str(scene), "--data", str(cars_folder), "--shapes", "--device", "cpu", *more])


def test_voxels_of_a_folder(
    scenes: dict[str, Path], cars_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, picture = tmp_path / "scores.csv", tmp_path / "scores.png"
    more = (
        "--photographs",
        "3",
        "--occupancy-thresholds",
        "0.4,0.5",
        "--out",
        str(out),
        "--plot",
        str(picture),
        "--json",
    )
    assert evaluated(scenes["vlsm"], cars_folder, *more) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["split"] == "train" and told["photographs"] == 3 and told["thresholds"] == [0.4, 0.5]
    assert [len(each["photographs"]) for each in told["objects"]] == [3, 3]
    assert all(0 <= value <= 1 for value in told["iou"]["0.4"]) and len(told["iou"]["0.4"]) == 3
    rows = list(csv.reader(out.read_text().splitlines()))
    assert rows[0] == ["object", "threshold", "1", "2", "3"] and len(rows) == 1 + 2 * (2 + 1 + 1)
    assert read_image(picture).shape[2] == 3


def test_depths_of_a_folder(
    scenes: dict[str, Path], cars_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "scores.json"
    assert evaluated(scenes["dlsm"], cars_folder, "--out", str(out)) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "SID         L1 error" and printed[-1].startswith("Mean")
    told = json.loads(out.read_text())
    assert [len(each["photographs"]) for each in told["objects"]] == [2, 2] and "l1" in told


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--photographs", "9"], "has 4 photographs among its train views, and 9 are to be looked at"),
        (["--split", "test"], "no photographs in its test views"),
        (["--set", "views=[0,1]", "--photographs", "2"], "--photographs does not go with --set views=..."),
        (["--crop", "2"], "--crop does not go with --shapes"),
        (["--photographs", "0"], "--photographs 0: must be 1 or more"),
        (["--plot", "scores.jpg"], "--plot scores.jpg: name a .png file"),
    ],
)
def test_what_can_not_be_asked_for(
    scenes: dict[str, Path], cars_folder: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    assert evaluated(scenes["vlsm"], cars_folder, *more) != 0
    assert said in capsys.readouterr().err


def test_options_that_go_with_it_only(scenes: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    for more in (["--photographs", "2"], ["--plot", "a.png"], ["--occupancy-thresholds", "0.4"]):
        assert cli.main(["evaluate", str(scenes["vlsm"]), *more]) != 0
        assert f"{more[0]} goes with --shapes" in capsys.readouterr().err
