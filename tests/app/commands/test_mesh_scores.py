"""`main.py evaluate --mesh`: what is printed and written, and what is refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app import cli
from app.commands import console
from app.mesh.surface import Surface
from app.viewing.opening import Opened
from engines.core.storage.checkpoint import Checkpoint
from tests.app.ball_scene import BallScene
from tests.app.mesh.shapes import cube, sphere, square, write, write_archive

FEW = ("--points", "2000")


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """A ball, and a larger one."""
    ball, reference = write(tmp_path / "ball.ply", sphere(0.9)), write(tmp_path / "reference.off", sphere(1.0))
    return str(ball), str(reference)


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    capsys.readouterr()
    assert cli.main(["evaluate", *words, *FEW, "--json"]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_a_table_with_units_and_thresholds(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    ball, reference = files
    assert cli.main(["evaluate", ball, "--mesh", reference, *FEW, "--thresholds", "0.25,1%"]) == 0
    lines = dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines())
    assert lines["mesh"].strip() == "ball.ply: 2562 vertices, 5120 faces"
    assert lines["reference"].strip().endswith("reference.off: 2562 vertices, 5120 faces; longest side 2")
    assert float(lines["accuracy"]) == pytest.approx(0.1, abs=0.02)
    assert lines["F-score @ 0.25"].split() == ["1.0000", "(precision", "1.0000,", "recall", "1.0000)"]
    assert "within 0.02: precision 0.0000" in lines["F-score @ 1%"]


def test_json_and_csv_say_the_same(files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ball, reference = files
    result = printed(capsys, ball, "--mesh", reference, "--out", str(tmp_path / "scores.csv"))
    assert result["points"] == 2000 and result["seed"] == 0 and result["checkpoint"] == ball
    assert result["chamfer_l1"] == pytest.approx((result["accuracy"] + result["completeness"]) / 2)
    row = next(csv.DictReader((tmp_path / "scores.csv").read_text().splitlines()))
    assert row["mesh"] == "ball.ply" and float(row["iou"]) == pytest.approx(result["iou"])
    assert float(row["f_score@1%"]) == pytest.approx(result["f_scores"][1]["f_score"])
    assert printed(capsys, ball, "--mesh", reference)["chamfer_l1"] == result["chamfer_l1"]
    assert printed(capsys, ball, "--mesh", reference, "--seed", "1")["chamfer_l1"] != result["chamfer_l1"]
    printed(capsys, ball, "--mesh", reference, "--out", str(tmp_path / "scores.json"))
    assert json.loads((tmp_path / "scores.json").read_text()) == result


def test_a_folder_of_meshes_with_means_of_categories(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    meshes, truth = tmp_path / "meshes", tmp_path / "truth"
    inner = {"ball/a": sphere(0.9), "ball/b": sphere(0.8), "box/c": cube(), "box/empty": square()}
    for name, surface in inner.items():
        for folder in (meshes, truth):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write(meshes / f"{name}.ply", surface)
        write(truth / f"{name}.ply", sphere() if "ball" in name else cube())
    (meshes / "box/empty.ply").write_text("ply\nformat ascii 1.0\nelement vertex 0\nend_header\n")
    out = tmp_path / "scores.csv"
    result = printed(capsys, str(meshes), "--mesh", str(truth), "--out", str(out))
    accuracies = {each["mesh"]: each["accuracy"] for each in result["meshes"]}
    assert list(accuracies) == ["ball/a", "ball/b", "box/c", "box/empty"]
    assert accuracies["box/empty"] == pytest.approx(np.sqrt(3))
    assert result["categories"]["ball"]["accuracy"] == pytest.approx((accuracies["ball/a"] + accuracies["ball/b"]) / 2)
    assert result["accuracy"] == pytest.approx(sum(accuracies.values()) / 4)
    assert result["iou"] == pytest.approx((0.9**3 + 0.8**3 + 1 + 0) / 4, abs=0.03)
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [row["mesh"] for row in rows][-3:] == ["mean of ball", "mean of box", "mean"]
    assert float(rows[-1]["accuracy"]) == pytest.approx(result["accuracy"])
    assert cli.main(["evaluate", str(meshes), "--mesh", str(truth), *FEW]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[0].split()[:4] == ["mesh", "accuracy", "complete", "Chamfer-L1"]
    assert "note: box/empty: it is empty" in told.err


def test_occupancies_alone(files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = np.random.default_rng(0).uniform(-1, 1, (999, 3))
    occupied = np.linalg.norm(points, axis=1) < 1
    file = write_archive(tmp_path / "points.npz", points=points, occupancies=np.packbits(occupied))
    result = printed(capsys, files[0], "--mesh", str(file))
    smaller = np.linalg.norm(points, axis=1) < 0.9
    assert result["iou"] == pytest.approx(smaller.sum() / occupied.sum(), abs=0.02)
    assert result["accuracy"] is None and result["f_scores"] == []


def test_a_matrix_brings_the_mesh_into_the_references_world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = write(tmp_path / "small.ply", sphere(1.0))
    large = write(tmp_path / "large.ply", Surface(sphere().vertices * 1000 + (0, 0, 50), sphere().faces))
    matrix = tmp_path / "m.txt"
    matrix.write_text("1000 0 0 0\n0 1000 0 0\n0 0 1000 50\n0 0 0 1\n")
    result = printed(capsys, str(small), "--mesh", str(large), "--align", str(matrix))
    assert result["iou"] == 1.0 and result["chamfer_l1"] == pytest.approx(result["floor"], rel=0.1)


def test_the_mesh_of_a_scene_is_made_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ball = BallScene()

    def open_scene(path: Path, data: Path | None, device: str, settings: Sequence[str], *rest: object) -> Opened:
        return Opened(ball, Checkpoint("ball", {}, 0, {}), None, path)

    monkeypatch.setattr(console, "open_scene", open_scene)
    reference = write(tmp_path / "true.ply", sphere(1.0))
    result = printed(capsys, "ball", "--mesh", str(reference), "--resolution", "48", "--thresholds", "5%")
    # A voxel is 0.05 wide, and 2000 points lie as far apart.
    assert result["chamfer_l1"] < result["floor"] + 0.05
    assert result["f_scores"][0]["f_score"] > 0.85 and len(ball.rendered) == 8


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("{ball}", "--points", "9"), "--points needs --mesh"),
        (("{ball}", "--seed", "0"), "--seed needs --mesh"),
        (("{ball}", "--mesh", "{other}", "--split", "test"), "--split compares photographs"),
        (("{ball}", "--mesh", "{other}", "--crop", "3"), "--crop compares photographs"),
        (("{ball}", "--mesh", "{other}", "--points", "0"), "--points 0: must be 1 to"),
        (("{ball}", "--mesh", "{other}", "--seed", "-1"), "--seed -1: must be >= 0"),
        (("{ball}", "--mesh", "{other}", "--resolution", "64"), "--resolution is for a scene's mesh"),
        (("{ball}", "--mesh", "{other}", "--align", "nowhere.txt"), "nowhere.txt: no such file"),
        (("{ball}", "--mesh", "{other}.nope"), "is no reference for a mesh"),
        (("missing.ply", "--mesh", "{other}"), "missing.ply: no such file"),
        (("{ball}", "--mesh", "{other}", "--out", "scores.txt"), "name a .json or .csv file"),
    ],
)
def test_refused_in_one_line(
    words: tuple[str, ...], said: str, files: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    filled = [word.format(ball=files[0], other=files[1]) for word in words]
    assert cli.main(["evaluate", *filled]) == 1
    told = capsys.readouterr().err
    assert said in told and len(told.splitlines()) == 1


def test_thresholds_that_are_none(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("x", "0", "-1%", "1,,2", "inf"):
        assert cli.main(["evaluate", files[0], "--mesh", files[1], f"--thresholds={text}"]) == 2
        assert "is no distance" in capsys.readouterr().err


def test_a_mesh_without_triangles_is_named(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.ply"
    empty.write_text("ply\nformat ascii 1.0\nelement vertex 0\nend_header\n")
    assert cli.main(["evaluate", str(empty), "--mesh", files[1]]) == 1
    assert capsys.readouterr().err == f"vantage: {empty}: it has no triangles: there is no surface to score\n"
