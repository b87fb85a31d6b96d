"""A scene that is a surface, into a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.export.progress import Progress
from app.mesh import field
from app.mesh.glb_file import linear
from app.mesh.mesh_export import MeshExport, mesh_source
from app.mesh.meshing import run_mesh
from engines.core.engine import INSTANCE, Control, never_stop
from engines.core.errors import BrokenContract, Cancelled, UserError
from tests.app.ball_scene import BallScene
from tests.app.mesh.fields import Analytic, SurfaceScene, ball, both, torus
from tests.app.mesh.shapes import loaded, vertex_colours

SMALL = 32


def ignore(_: Progress) -> None:
    pass


@pytest.mark.parametrize("suffix", [".ply", ".obj", ".glb"])
def test_each_kind_of_file_has_the_fields_colours_and_normals(tmp_path: Path, suffix: str) -> None:
    scene, out = SurfaceScene(torus), tmp_path / f"torus{suffix}"
    made = run_mesh(scene, None, MeshExport(out, SMALL, axes="world"), ignore, never_stop)
    mesh = loaded(out)
    assert (len(mesh.vertices), len(mesh.faces)) == (made.vertices, made.faces) and made.notes == ()
    assert mesh.is_watertight and mesh.volume == pytest.approx(2 * np.pi**2 * 0.6 * 0.04, rel=0.02)
    expected = (np.asarray(mesh.vertices) + 1) / 2
    expected = linear(expected * 255) if suffix == ".glb" else expected
    colours = vertex_colours(mesh)[:, :3] / 255
    np.testing.assert_allclose(colours, expected, atol=0.01)
    ring = np.asarray(mesh.vertices) * (1, 1, 0)
    ring *= 0.6 / np.linalg.norm(ring, axis=1, keepdims=True)
    outwards = np.asarray(mesh.vertices) - ring
    outwards /= np.linalg.norm(outwards, axis=1, keepdims=True)
    assert (np.asarray(mesh.vertex_normals) * outwards).sum(axis=1).min() > 0.999
    # Nothing is drawn for it.
    assert not scene.rendered and [path.name for path in tmp_path.iterdir()] == [out.name]


def test_normals_are_turned_with_the_file(tmp_path: Path) -> None:
    for suffix in (".ply", ".obj", ".glb"):
        out = tmp_path / f"ball{suffix}"
        run_mesh(SurfaceScene(), None, MeshExport(out, SMALL, axes="y-up"), ignore, never_stop)
        mesh = loaded(out)
        along = (np.asarray(mesh.vertex_normals) * np.asarray(mesh.vertices)).sum(axis=1) / 0.7
        assert along.min() > 0.995


def test_the_scenes_own_surface_comes_first_and_depths_where_they_are_wanted(tmp_path: Path) -> None:
    scene = SurfaceScene(ball(radius=0.5))
    assert mesh_source(scene) == mesh_source(scene, "surface") == "surface" and mesh_source(scene, "depth") == "depth"
    export = MeshExport(tmp_path / "ball.ply", SMALL)
    run_mesh(scene, None, export, ignore, never_stop)
    assert loaded(export.out).bounds[1].max() == pytest.approx(0.5, abs=0.02)
    # The pictures are of another ball.
    run_mesh(scene, None, replace(export, source="depth"), ignore, never_stop)
    assert scene.rendered and loaded(export.out).bounds[1].max() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(
    ("scene", "wanted", "message"),
    [
        (BallScene(), "surface", "no surface of its own"),
        (BallScene(channels=("rgb",)), "auto", "gives rgb and no depth"),
        (SurfaceScene(channels=("rgb",)), "depth", "this scene gives no depth; its mesh is that of its own surface"),
        (SurfaceScene(), "points", "must be one of auto, depth, surface"),
    ],
)
def test_what_a_mesh_cant_be_made_of_is_refused(scene: BallScene, wanted: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        mesh_source(scene, wanted)
    assert mesh_source(SurfaceScene(channels=("rgb",))) == "surface"


def test_controls_place_and_box_are_those_asked_for(tmp_path: Path) -> None:
    glow = Control("glow", "Glow", "number", 0, 1, 0.25)
    scene = SurfaceScene(controls=(glow, Control(INSTANCE, "Which", "choice", 0, 1, 0, ("a", "b"))))
    place = np.array([1000.0, 2000, 3000])
    box = place + np.array([[-9.0, -9, 0], [9, 9, 9]])
    export = MeshExport(tmp_path / "a.ply", SMALL, controls={INSTANCE: 1.0}, origin=place, box=box, axes="world")
    made = run_mesh(scene, None, export, ignore, never_stop)
    assert scene.asked_for == [{"glow": 0.25, INSTANCE: 1.0}]
    mesh = loaded(export.out)
    np.testing.assert_allclose(mesh.bounds - place, [[-0.7, -0.7, 0], [0.7, 0.7, 0.7]], atol=0.01)
    assert mesh.is_watertight and "the box cuts the surface off, and closes it there" in made.notes


def test_small_pieces_are_left_out_and_said_or_kept(tmp_path: Path) -> None:
    scene = SurfaceScene(both(ball((0.3, 0, 0), 0.6), ball((-0.8, 0.8, 0.8), 0.06)))
    export = MeshExport(tmp_path / "a.ply", 64)
    made = run_mesh(scene, None, export, ignore, never_stop)
    assert made.notes[0].startswith("1 small piece is left out") and loaded(export.out).body_count == 1
    kept = run_mesh(scene, None, replace(export, all_pieces=True), ignore, never_stop)
    assert not kept.notes and loaded(export.out).body_count == 2


def test_fewer_faces_and_refined_is_said_with_figures(tmp_path: Path) -> None:
    export = MeshExport(tmp_path / "a.ply", SMALL, faces=400, refine=True)
    made = run_mesh(SurfaceScene(torus), None, export, ignore, never_stop)
    assert 300 < made.faces <= 400 and made.notes[0].startswith("refined: triangles are 0.")
    fine = replace(export, faces=0)
    run_mesh(SurfaceScene(torus), None, fine, ignore, never_stop)
    vertices = torch.from_numpy(np.asarray(loaded(export.out).vertices))
    assert torus(vertices).abs().max() < 1e-3
    run_mesh(SurfaceScene(torus), None, replace(fine, refine=False), ignore, never_stop)
    assert torus(torch.from_numpy(np.asarray(loaded(export.out).vertices))).abs().max() > 2e-3


@pytest.mark.parametrize(
    ("scene", "changes", "message"),
    [
        (SurfaceScene(lambda points: -torch.ones(len(points))), {}, r"no surface: the scene's field is empty all over"),
        (SurfaceScene(), {"box": np.array([[8.0, 8, 8], [9, 9, 9]])}, "no surface: the box lies beyond"),
        (SurfaceScene(), {"box": np.array([[0.8, 0.8, 0.8], [1, 1, 1]])}, r"empty all over \(0.8, 0.8, 0.8\) to"),
        (SurfaceScene(lambda points: points[:, 0] * torch.nan), {}, "not a number at"),
        (SurfaceScene(), {"resolution": 4000}, "resolution 4000: must be 16 to 1024"),
        (SurfaceScene(), {"out": Path("ball.stl")}, "name a mesh file"),
    ],
)
def test_what_gives_no_mesh_is_one_line_and_no_file(
    tmp_path: Path, scene: SurfaceScene, changes: dict[str, Any], message: str
) -> None:
    export = MeshExport(**{"out": tmp_path / "ball.ply", "resolution": SMALL, **changes})
    with pytest.raises(UserError, match=message):
        run_mesh(scene, None, export, ignore, never_stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("at", [0, 2, 5, 8])
def test_a_stop_leaves_nothing(tmp_path: Path, at: int) -> None:
    asked: list[None] = []

    def stop() -> bool:
        asked.append(None)
        return len(asked) > at

    with pytest.raises(Cancelled):
        run_mesh(SurfaceScene(), None, MeshExport(tmp_path / "a.glb", SMALL, refine=True), ignore, stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("refine", [False, True])
def test_tells_how_far_it_is(tmp_path: Path, refine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # The field is asked in many parts, several times at each level of the search.
    monkeypatch.setattr(field, "CHUNK", 512)
    told: list[Progress] = []
    run_mesh(SurfaceScene(), None, MeshExport(tmp_path / "a.ply", 64, refine=refine), told.append, never_stop)
    steps = [progress.done for progress in told]
    assert steps == sorted(steps) and steps[-1] == told[-1].total == 100 and len(set(steps)) > 4
    assert told[-1].seconds_left == 0 and told[0].told.startswith("looking for the surface")
    assert any(progress.told.startswith("refining") for progress in told) is refine


def test_a_surface_that_is_not_what_it_must_be_names_its_method(tmp_path: Path) -> None:
    class Doubles(Analytic):
        def values(self, points: torch.Tensor) -> torch.Tensor:
            return super().values(points).double()

    scene, export = SurfaceScene(), MeshExport(tmp_path / "a.ply", SMALL)
    scene.asked = Doubles(ball())
    with pytest.raises(BrokenContract, match=r"method ball: the values of its surface are \[\d+\] of torch.float64"):
        run_mesh(scene, None, export, ignore, never_stop)
    scene.asked = Analytic(ball(), np.array([[1.0, 1, 1], [0, 0, 0]]))
    with pytest.raises(BrokenContract, match="method ball: the surface, a Analytic, bounds is"):
        run_mesh(scene, None, export, ignore, never_stop)
