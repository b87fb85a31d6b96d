"""From a scene to a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from app.export.progress import Progress
from app.mesh.glb_file import linear
from app.mesh.mesh_export import MeshExport
from app.mesh.meshing import run_mesh
from engines.core.camera import Array
from engines.core.engine import INSTANCE, Control, never_stop
from engines.core.errors import Cancelled, UserError
from tests.app.ball_scene import BallScene, ring
from tests.app.mesh.shapes import loaded, vertex_colours
from tests.app.mesh.solids import HIGH, BoxScene, MovedScene, WalledScene, distance_to_box

SMALL = 40


def ignore(_: Progress) -> None:
    pass


def read(path: Path) -> tuple[Array, Array, trimesh.Trimesh]:
    """Vertices, colours in [0, 1], and all of it."""
    mesh = loaded(path)
    return np.asarray(mesh.vertices), vertex_colours(mesh)[:, :3] / 255, mesh


def box_scene() -> BoxScene:
    # Too few cameras to tell a shape: it is looked at from all around.
    return BoxScene(cameras=(), start=ring(1, (64, 64))[0])


@pytest.mark.parametrize("suffix", [".ply", ".obj", ".glb"])
def test_each_kind_of_file_holds_the_coloured_surface(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"box{suffix}"
    made = run_mesh(box_scene(), None, MeshExport(out, SMALL, 24, axes="world"), ignore, never_stop)
    vertices, colours, mesh = read(out)
    assert (len(vertices), len(mesh.faces)) == (made.vertices, made.faces)
    assert mesh.volume > 0
    middle_of_top = np.abs(vertices - [0.2, -0.2, HIGH[2]]).max(axis=1) < 0.15
    middle_of_low_x = np.abs(vertices - [-0.5, -0.2, 0.15]).max(axis=1) < 0.15
    blue, dark_red = np.array([0.1, 0.1, 0.9]), np.array([0.45, 0.05, 0.05])
    for where, colour in ((middle_of_top, blue), (middle_of_low_x, dark_red)):
        # glTF's colours are linear.
        expected = linear(colour * 255) if suffix == ".glb" else colour
        np.testing.assert_allclose(colours[where].mean(axis=0), expected, atol=0.03)
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


@pytest.mark.parametrize(("unit", "at"), [(1.0, (0.0, 0, 0)), (1e-4, (0.0, 0, 0)), (2e3, (4e5, 5e6, 300.0))])
def test_the_mesh_is_the_same_in_any_unit_and_anywhere(tmp_path: Path, unit: float, at: tuple[float, ...]) -> None:
    """In millimetres, in a map's coordinates: as many triangles, the same shape, the same colours."""
    plain = run_mesh(box_scene(), None, MeshExport(tmp_path / "a.ply", SMALL, 16, 300), ignore, never_stop)
    scene, out = MovedScene(unit, np.array(at)), tmp_path / "b.ply"
    made = run_mesh(scene, None, MeshExport(out, SMALL, 16, 300), ignore, never_stop)
    assert (made.vertices, made.faces) == pytest.approx((plain.vertices, plain.faces), rel=0.02)
    vertices, colours, _ = read(out)
    expected, expected_colours, _ = read(plain.path)
    assert distance_to_box((vertices - at) / unit).max() < 1.1 * distance_to_box(expected).max()
    np.testing.assert_allclose(colours.mean(axis=0), expected_colours.mean(axis=0), atol=0.01)


def test_a_glb_stands_upright_and_says_so(tmp_path: Path) -> None:
    out = tmp_path / "box.glb"
    made = run_mesh(box_scene(), None, MeshExport(out, SMALL, 24), ignore, never_stop)
    assert any("+y is up" in note for note in made.notes)
    vertices = read(out)[0]
    np.testing.assert_allclose(vertices[:, 1].max(), HIGH[2], atol=0.05)
    sideways = MeshExport(out, SMALL, 24, up=np.array([1.0, 0, 0]))
    run_mesh(box_scene(), None, sideways, ignore, never_stop)
    np.testing.assert_allclose(read(out)[0][:, 1].max(), HIGH[0], atol=0.05)


def test_a_plain_background_is_left_out_though_it_has_a_depth(tmp_path: Path) -> None:
    scene, out = WalledScene(cameras=ring(16, (64, 64))), tmp_path / "ball.ply"
    wide = MeshExport(out, 64, box=np.array([[-1.8] * 3, [1.8] * 3]))
    made = run_mesh(scene, None, wide, ignore, never_stop)
    vertices, colours, _ = read(out)
    # At the wall's edges pieces hang in the air, which are left out, too.
    background, pieces = sorted(made.notes, key=len)
    assert "small pieces are left out" in pieces and background == "the plain background (#ffffff) is left out"
    assert np.abs(np.linalg.norm(vertices, axis=1) - 1).max() < 0.08
    assert colours.min(axis=1).max() < 0.9
    kept = run_mesh(scene, None, replace(wide, keep_background=True), ignore, never_stop)
    assert not any("background" in note for note in kept.notes)
    assert np.linalg.norm(read(out)[0], axis=1).max() > 1.1


def test_tells_how_far_it_is_and_draws_what_was_chosen(tmp_path: Path) -> None:
    glow = Control("glow", "Glow", "number", 0, 1, 0.25)
    scene = BallScene(controls=(glow, Control(INSTANCE, "Which", "choice", 0, 1, 0, ("a", "b"))))
    told = list[Progress]()
    export = MeshExport(tmp_path / "ball.ply", SMALL, views=6, faces=300, controls={INSTANCE: 1.0})
    made = run_mesh(scene, None, export, told.append, never_stop)
    assert len(scene.rendered) == 6
    assert scene.seen_controls == [{"glow": 0.25, INSTANCE: 1.0}] * 6
    steps = [progress.done for progress in told]
    assert steps == sorted(steps) and steps[:2] == [1, 2] and steps[-1] == told[-1].total == 12
    # Six views were asked for, and twelve is no number of theirs.
    assert told[0].told == "1 of 6 views" and told[-1].told == "fusing 6 views, 100%"
    assert told[0].thumbnail is not None and told[1].seconds_left is not None and told[-1].seconds_left == 0
    assert made.faces <= 300


def test_a_scene_of_one_size_is_drawn_in_it(tmp_path: Path) -> None:
    scene = BallScene(native_px=(48, 48), border_px=2)
    run_mesh(scene, None, MeshExport(tmp_path / "ball.ply", SMALL), ignore, never_stop)
    assert {camera.size_px for camera in scene.rendered} == {(48, 48)}


@pytest.mark.parametrize("at", [0, 3, 20])
def test_a_stop_leaves_nothing(tmp_path: Path, at: int) -> None:
    asked: list[None] = []

    def stop() -> bool:
        asked.append(None)
        return len(asked) > at

    with pytest.raises(Cancelled):
        run_mesh(BallScene(), None, MeshExport(tmp_path / "ball.glb", SMALL), ignore, stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("scene", "changes", "message"),
    [
        (BallScene(channels=("rgb",)), {}, "gives rgb and no depth"),
        (BallScene(), {"out": Path("ball.stl")}, "name a mesh file"),
        (BallScene(), {"resolution": 4}, "resolution 4: must be 16 to"),
        (BallScene(), {"views": 0}, "0 views"),
        (BallScene(), {"axes": "up"}, "axes 'up': must be one of auto, world"),
        (BallScene(), {"faces": -1}, "-1 faces"),
        (BallScene(), {"box": np.array([[1.0, 0, 0], [0, 1, 1]])}, "first corner must lie below"),
        (BallScene(), {"box": np.array([[8.0, 8, 8], [9, 9, 9]])}, "no surface on which two views agree"),
        (BallScene(cameras=ring(1)), {"views": 1}, "no surface on which two views agree"),
    ],
)
def test_what_gives_no_mesh_is_refused_in_a_line(
    tmp_path: Path, scene: BallScene, changes: dict[str, Any], message: str
) -> None:
    export = MeshExport(**{"out": tmp_path / "ball.ply", "resolution": SMALL, **changes})
    with pytest.raises(UserError, match=message):
        run_mesh(scene, None, export, ignore, never_stop)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cant_be_written_is_found_out_at_once(tmp_path: Path) -> None:
    scene = BallScene()
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is a file and not a folder"):
        run_mesh(scene, None, MeshExport(tmp_path / "file" / "ball.ply", SMALL), ignore, never_stop)
    assert not scene.rendered


def test_views_that_hit_nothing_are_refused(tmp_path: Path) -> None:
    away = tuple(camera.at(camera.camera_to_world @ np.diag([-1.0, 1, -1, 1])) for camera in ring(4))
    with pytest.raises(UserError, match="no view hits anything"):
        run_mesh(BallScene(cameras=away), None, MeshExport(tmp_path / "ball.ply", SMALL), ignore, never_stop)
