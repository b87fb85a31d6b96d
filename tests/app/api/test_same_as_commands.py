"""What a script draws and writes is what the commands do, to the byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vantage
from PIL import Image

from app import cli
from app.demos import demo_scenes
from engines.core.data.views import Split


def written(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def command(*words: object) -> None:
    assert cli.main([str(word) for word in words]) == 0


EXPORTS: dict[str, tuple[list[str], str | None, dict[str, Any]]] = {
    "a.mp4": (
        ["--path", "orbit", "--frames", "4", "--channels", "rgb,depth", "--fps", "12", "--quality", "6"],
        "orbit",
        {"frames": 4, "channels": ["rgb", "depth"], "fps": 12, "quality": 6},
    ),
    "b.gif": (
        ["--size", "40x30", "--fit", "pad", "--frames", "2"],
        None,
        {"width": 40, "height": 30, "fit": "pad", "frames": 2},
    ),
    "folder": (["--path", "train", "--channels", "rgb,depth"], "train", {"channels": ("rgb", "depth")}),
    "cameras.json": (["--path", "spiral", "--frames", "5"], "spiral", {"frames": 5}),
    "cameras.txt": (["--path", "test"], "test", {}),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export(name: str, run: vantage.TrainingRun, photographs: Path, tmp_path: Path) -> None:
    words, path, arguments = EXPORTS[name]
    command("render", run.folder, "--data", photographs, "--device", "cpu", "--out", tmp_path / "theirs" / name, *words)
    scene = run.open(data=photographs, device="cpu")
    out = scene.export(tmp_path / "ours" / name, path, **arguments)
    assert out.path == tmp_path / "ours" / name
    theirs = written(tmp_path / "theirs")
    assert theirs and written(tmp_path / "ours") == theirs


def test_each_frame_is_that_of_the_folder(run: vantage.TrainingRun, tmp_path: Path) -> None:
    words = ["--path", "orbit", "--frames", "3", "--size", "48x36", "--channels", "rgb,depth", "--device", "cpu"]
    command("render", run.folder, "--out", tmp_path / "theirs", *words)
    scene = run.open(device="cpu")
    for index, image in enumerate(scene.frames("orbit", frames=3, width=48, height=36)):
        image.save(tmp_path / "ours" / f"rgb_{index:05d}.png")
        image.with_channel("depth").save(tmp_path / "ours" / f"depth_{index:05d}.npy")
        alone = scene.render(scene.camera_path("orbit", frames=3)[index], width=48, height=36)
        assert np.array_equal(alone, image) and np.array_equal(alone.depth, image.depth)
    theirs = written(tmp_path / "theirs")
    del theirs["cameras.json"]
    assert written(tmp_path / "ours") == theirs and len(theirs) == 6


def test_a_mesh(run: vantage.TrainingRun, tmp_path: Path) -> None:
    words = ["--from", "depth", "--resolution", "24", "--views", "4", "--closed", "--device", "cpu"]
    command("mesh", run.folder, "--out", tmp_path / "theirs.ply", *words)
    made = run.open(device="cpu").mesh(tmp_path / "ours.ply", source="depth", resolution=24, views=4, closed=True)
    assert made.path == tmp_path / "ours.ply" and made.faces > 0 and made.vertices > 0
    assert made.path.read_bytes() == (tmp_path / "theirs.ply").read_bytes()


@pytest.mark.parametrize("split", [None, "validation", "train"])
def test_scores(
    split: Split | None, run: vantage.TrainingRun, photographs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--split", split] if split else []
    command("evaluate", run.folder, "--data", photographs, "--device", "cpu", "--json", *words)
    theirs = json.loads(capsys.readouterr().out)
    seen: list[vantage.Score] = []
    ours = run.open(data=photographs, device="cpu").evaluate(split, on_view=seen.append)
    assert {**theirs, **ours.to_json()} == theirs and ours.psnr == theirs["psnr"]
    assert ours.told == theirs["views_are"] and tuple(seen) == ours.scores


def test_a_run_is_scored_on_the_data_that_it_was_learnt_from(run: vantage.TrainingRun, photographs: Path) -> None:
    scene = run.open(device="cpu")
    assert scene.evaluate("test").means == run.open(data=photographs, device="cpu").evaluate("test").means


@pytest.mark.parametrize("demo", demo_scenes()[:1], ids=lambda path: path.stem)
def test_a_demo_is_drawn_as_by_the_command(demo: Path, tmp_path: Path) -> None:
    command("render", demo, "--path", "orbit", "--frames", "1", "--device", "cpu", "--out", tmp_path / "theirs")
    scene = vantage.open(vantage.demo(demo.stem), device="cpu")
    image = scene.render(scene.camera_path("orbit", frames=1)[0])
    assert image.save(tmp_path / "a.png").read_bytes() == (tmp_path / "theirs" / "rgb_00000.png").read_bytes()
    with Image.open(tmp_path / "a.png") as read:
        assert np.array_equal(np.asarray(read), image)


def test_a_report(run: vantage.TrainingRun, photographs: Path, tmp_path: Path) -> None:
    seen: list[vantage.Score] = []
    scene = run.open(data=photographs, device="cpu")
    made = vantage.report(tmp_path / "page.html", scene, scene, on_view=seen.append)
    text = made.read_text(encoding="utf-8")
    ours = scene.evaluate()
    assert seen == [*ours.scores, *ours.scores]
    assert all(text.count(f"data-v='{score.psnr!r}'") == 2 for score in ours.scores)
    with pytest.raises(vantage.UserError, match=r"page\.pdf"):
        vantage.report(tmp_path / "page.pdf", scene)
    with pytest.raises(vantage.UserError, match="no scene"):
        vantage.report(tmp_path / "other.html")
