"""`main.py convert` of splats: from any form into those that are written, and what is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.scene_file import read_scene_file, write_scene_file
from engines.splats.engine import ENGINE
from engines.splats.files.content import SplatContent
from engines.splats.files.forms import WRITTEN, read_splats, write_splats
from engines.splats.placement import placed
from engines.splats.splats import SOLID_LOGIT
from tests.engines.splats.making import apart, matched, some_splats


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """A scene file, antialiased."""
    splats = some_splats(30, 1, antialiased=True)
    checkpoint = Checkpoint(
        "splats", {**ENGINE.Config().model_dump(), "antialiased": True}, 0, splats.tensors, placed(splats)
    )
    write_scene_file(tmp_path / "scene.safetensors", checkpoint)
    return tmp_path / "scene.safetensors"


@pytest.mark.parametrize("form", WRITTEN)
def test_a_scene_is_written_in_every_form(
    tmp_path: Path, scene: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / f"out{WRITTEN[form]}"
    assert main(["convert", str(scene), "--to", form, "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert said.out == f"{out}\n"
    assert ("can't keep" in said.err) == (form != "ply")
    found, splats = read_splats(out).splats, some_splats(30, 1)
    assert found.antialiased == (form in ("ply", "spz"))
    assert apart(matched(found, splats), splats)["place"] < 1e-6


def test_what_is_solid_is_opened_again_from_a_scene_file(tmp_path: Path) -> None:
    splats = some_splats(30, 1)
    splats.opacity_logits[:2] = np.inf, -np.inf
    write_splats(tmp_path / "a.splat", SplatContent(splats), "splat")
    words = ["convert", str(tmp_path / "a.splat"), "--to", "scene", "--out", str(tmp_path / "a.safetensors")]
    assert main(words) == 0
    opened = read_scene_file(tmp_path / "a.safetensors")
    logits = opened.weights["opacity_logits"].sort().values
    assert logits[0] == -SOLID_LOGIT and logits[-1] == SOLID_LOGIT


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--to", "spz", "--out", "a.ply"], "Niantic's .spz is written as .spz"),
        (["--to", "ply", "--out", "a.ply", "--half"], "--half goes with --to scene"),
        (["--to", "upstream", "--out", "a.pth"], "has no file format of its authors' own"),
    ],
)
def test_what_can_not_be_written_is_said(
    scene: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(scene.parent)
    assert main(["convert", str(scene), *words]) == 1
    assert message in capsys.readouterr().err and not (scene.parent / words[3]).exists()


def test_a_form_that_there_is_not(scene: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(scene), "--to", "sog", "--out", "a.sog"]) == 2
    said = capsys.readouterr().err
    assert "invalid choice: 'sog' (choose from scene, upstream" in said and "ply, spz, splat, glb)" in said


def test_the_engine_writes_what_it_was_given(tmp_path: Path) -> None:
    splats = some_splats(30, 2)
    write_splats(tmp_path / "a.ply", SplatContent(splats), "ply")
    # What the registry knows it by is an engine; that this one writes files is an ability.
    again = ENGINE.write_file(  # type: ignore[attr-defined]
        Checkpoint("splats", ENGINE.Config().model_dump(), 0, splats.tensors, None), tmp_path / "b.ply", "ply"
    )
    assert again == () and (tmp_path / "a.ply").read_bytes() == (tmp_path / "b.ply").read_bytes()
