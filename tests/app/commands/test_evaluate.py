"""What size pictures are compared at: that which was learnt at, unless another is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.training.evaluated_views import evaluated_size
from engines.core.errors import UserError
from tests.app.ball_scene import BallScene

SMALL = {"side_px": "16", "max_steps": "1"}


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run of one step at 16x16, and its photographs of 32x32."""
    folder = tmp_path_factory.mktemp("learnt")
    data, run = folder / "toys", folder / "run"
    assert cli.main(["sample", str(data), "--size", "32", "--views", "3", "--samples", "1"]) == 0
    settings = [word for name, value in SMALL.items() for word in ("--set", f"{name}={value}")]
    assert (
        cli.main(["train", str(data), "--method", "colour_grid", *settings, "--device", "cpu", "--out", str(run)]) == 0
    )
    return data, run


def scores(learnt: tuple[Path, Path], capsys: pytest.CaptureFixture[str], *more: str) -> tuple[dict[str, Any], str]:
    data, run = learnt
    capsys.readouterr()
    assert cli.main(["evaluate", str(run), "--data", str(data), "--split", "test", "--json", *more]) == 0
    told = capsys.readouterr()
    return json.loads(told.out), told.err


def test_the_size_that_was_learnt_at(learnt: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    usual, said = scores(learnt, capsys)
    assert "note: compared at 16x16, the size that was learnt at; --size names another\n" in said
    named, quiet = scores(learnt, capsys, "--size", "16x16")
    assert "compared at" not in quiet and named["psnr"] == usual["psnr"]
    whole, _ = scores(learnt, capsys, "--size", "32x32")
    assert whole["psnr"] != usual["psnr"]


def test_a_scene_of_one_size_is_compared_at_that() -> None:
    scene = BallScene(native_px=(16, 16))
    with pytest.raises(UserError, match="--size 32x32: this scene draws 16x16 only"):
        evaluated_size(scene, (32, 32))
    assert evaluated_size(scene, (16, 16))((99, 99)) == (16, 16)


def test_a_page_of_several_scenes(
    learnt: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, run = learnt
    place, words = tmp_path / "new" / "report.html", ["--data", str(data), "--split", "test", "--json"]
    alone, _ = scores(learnt, capsys)
    assert cli.main(["evaluate", str(run), str(run / "scene.safetensors"), *words, "--report", str(place)]) == 0
    both = json.loads(capsys.readouterr().out)["scenes"]
    assert [{**each, "checkpoint": ""} for each in both] == [{**alone, "checkpoint": ""}] * 2
    text = place.read_text(encoding="utf-8")
    for view in alone["views"]:
        # As `--json` has them, to the last bit.
        assert text.count(f"data-v='{view['psnr']!r}'") == 2
    assert [path.name for path in place.parent.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--report", "page.pdf"], "--report page.pdf: name a .html file"),
        (["--report", "page.html", "--mesh", "cow.ply"], "--report tells of pictures; leave it out with --mesh"),
        (["another", "--shapes"], "--shapes scores one at a time; name one CHECKPOINT"),
        (["another", "--out", "scores.csv"], "--out scores.csv: holds the scores of one scene"),
    ],
)
def test_what_does_not_go_together(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evaluate", "run", *words]) != 0
    assert said in capsys.readouterr().err


def test_nothing_is_written_where_a_scene_can_not_be_opened(
    learnt: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, run = learnt
    words = [str(run), str(tmp_path / "missing"), "--data", str(data), "--report", str(tmp_path / "page.html")]
    assert cli.main(["evaluate", *words]) != 0
    assert list(tmp_path.iterdir()) == []
