"""`main.py mesh` on a scene that needs no engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from app import cli
from app.commands import console
from app.viewing.opening import Opened
from engines.core.engine import INSTANCE, Control
from engines.core.errors import UserError
from engines.core.storage.checkpoint import Checkpoint
from tests.app.ball_scene import BallScene
from tests.app.mesh.fields import SurfaceScene, ball
from tests.app.mesh.shapes import loaded


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> BallScene:
    """What every checkpoint opens as."""
    return opening(monkeypatch, BallScene())


@pytest.fixture
def surface(monkeypatch: pytest.MonkeyPatch) -> SurfaceScene:
    """What every checkpoint opens as, where it is to be a surface."""
    found = opening(monkeypatch, SurfaceScene(ball(radius=0.5)))
    assert isinstance(found, SurfaceScene)
    return found


def opening(monkeypatch: pytest.MonkeyPatch, found: BallScene) -> BallScene:
    def open_scene(path: Path, data: Path | None, device: str, settings: Sequence[str], *rest: object) -> Opened:
        if path.name == "missing":
            raise UserError(f"{path}: no such file")
        return Opened(found, Checkpoint("ball", {}, 0, {}), None, path)

    monkeypatch.setattr(console, "open_scene", open_scene)
    return found


def test_writes_a_mesh_and_says_how_large(scene: BallScene, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "ball.ply"
    words = ["mesh", "ball", "--out", str(out), "--resolution", "32", "--faces", "400", "--views", "5"]
    assert cli.main(words) == 0
    output, mesh = capsys.readouterr(), loaded(out)
    assert output.out == f"{out}: {len(mesh.vertices)} vertices, {len(mesh.faces)} faces\n"
    assert 0 < len(mesh.faces) <= 400 and len(scene.rendered) == 5
    assert "note: the ball is round\n" in output.err and "10/10" in output.err
    assert "note: the plain background (#404040) is left out\n" in output.err


def test_box_moment_and_object_are_passed_on(scene: BallScene, tmp_path: Path) -> None:
    which = Control(INSTANCE, "Which", "choice", 0, 1, 0, ("a", "b"))
    scene.controls = (which, Control("time", "Time step", "time", 0, 9, 0))
    out = tmp_path / "ball.ply"
    words = ["mesh", "ball", "--out", str(out), "--resolution", "32", "--instance", "b", "--time", "3"]
    assert cli.main([*words, "--box=-1.2,-1.2,0,1.2,1.2,1.2", "--closed", "--keep-background"]) == 0
    assert scene.seen_controls[0] == {INSTANCE: 1.0, "time": 3.0}
    mesh = loaded(out)
    assert mesh.is_watertight and np.asarray(mesh.vertices)[:, 2].min() > -0.1
    # Of a recording that is not told otherwise, the first time step: a mesh doesn't play.
    assert cli.main(words[:-2]) == 0
    assert {seen["time"] for seen in scene.seen_controls[8:]} == {0.0}


def test_the_axes_are_chosen(scene: BallScene, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    box = "--box=-1.2,-1.2,0,1.2,1.2,1.2"
    for words, up in (((), 1), (("--axes", "world"), 2), (("--axes", "z-up"), 2)):
        out = tmp_path / "ball.obj"
        assert cli.main(["mesh", "ball", "--out", str(out), "--resolution", "24", box, *words]) == 0
        vertices = np.asarray(loaded(out).vertices)
        # Only the upper half is taken, and shows where up is.
        assert [axis for axis in range(3) if vertices[:, axis].min() > -0.1] == [up]
    assert "+y is up" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--out", "ball.stl"], 1, "ball.stl: name a mesh file (.ply, .obj, .glb)"),
        (["--resolution", "2"], 1, "resolution 2: must be 16 to"),
        (["--resolution", "fine"], 2, "invalid int value"),
        (["--axes", "up"], 2, "invalid choice: 'up'"),
        (["--box", "1,2,3"], 2, "'1,2,3' is no box; write six numbers"),
        (["--instance", "2"], 1, "--instance 2: this scene has no instance to choose"),
        (["--time", "2"], 1, "--time 2: this scene has no time to choose"),
        (["--views", "0"], 1, "0 views: must be 1 to"),
        (["--box", "8,8,8,9,9,9"], 1, "no surface on which two views agree"),
    ],
)
def test_wrong_requests_are_one_line(
    scene: BallScene,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: int,
    message: str,
) -> None:
    scene.assumptions = ()
    size = [] if "--resolution" in words else ["--resolution", "16"]
    assert cli.main(["mesh", "ball", "--out", str(tmp_path / "ball.ply"), *size, *words]) == code
    said = capsys.readouterr()
    # The bar ends with a line of its own where one was begun.
    assert message in said.err.splitlines()[-1] and said.out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_scene_without_depth_is_refused_before_anything_is_drawn(
    scene: BallScene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.channels, scene.assumptions = ("rgb",), ()
    assert cli.main(["mesh", "ball", "--out", str(tmp_path / "ball.ply")]) == 1
    error = capsys.readouterr().err
    assert "gives rgb and no depth" in error and error.count("\n") == 1 and not scene.rendered


def test_a_surface_is_written_itself_and_depths_on_request(
    surface: SurfaceScene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "ball.ply"
    words = ["mesh", "ball", "--out", str(out), "--resolution", "32"]
    assert cli.main([*words, "--refine", "--faces", "500"]) == 0
    output, mesh = capsys.readouterr(), loaded(out)
    assert output.out == f"{out}: {len(mesh.vertices)} vertices, {len(mesh.faces)} faces\n"
    assert mesh.is_watertight and 0 < len(mesh.faces) <= 500 and not surface.rendered
    assert "100/100" in output.err and "note: refined: triangles are" in output.err
    assert cli.main([*words, "--from", "depth", "--refine", "--views", "5"]) == 0
    assert "note: --refine has no effect: the mesh is made of depths" in capsys.readouterr().err
    assert len(surface.rendered) == 5


def test_options_that_mean_nothing_for_a_surface_are_said(
    surface: SurfaceScene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["mesh", "ball", "--out", str(tmp_path / "ball.ply"), "--resolution", "16"]
    assert cli.main(words) == 0
    assert "no effect" not in capsys.readouterr().err
    assert cli.main([*words, "--views", "60", "--closed", "--keep-background"]) == 0
    said = capsys.readouterr().err
    for option in ("--views", "--closed", "--keep-background"):
        assert f"note: {option} has no effect: the mesh is that of the scene's own surface" in said


def test_an_empty_field_is_one_line_and_no_file(
    surface: SurfaceScene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    surface.asked = SurfaceScene(lambda points: points[:, 0] - 9).asked
    assert cli.main(["mesh", "ball", "--out", str(tmp_path / "ball.ply"), "--resolution", "16"]) == 1
    said = capsys.readouterr()
    assert said.err.splitlines()[-1].startswith("vantage: no surface: the scene's field is empty") and said.out == ""
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_surface_cant_be_taken_for_one(
    scene: BallScene, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.assumptions = ()
    assert cli.main(["mesh", "ball", "--out", str(tmp_path / "ball.ply"), "--from", "surface"]) == 1
    error = capsys.readouterr().err
    assert "no surface of its own" in error and error.count("\n") == 1 and not scene.rendered
