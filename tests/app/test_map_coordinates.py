"""A capture in a map's coordinates, from the folder to what is written of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app import cli
from app.mesh.mesh_export import MeshExport
from app.mesh.meshing import run_mesh
from app.viewing.opening import open_scene
from engines.core.data.origin import in_world
from engines.core.engine import never_stop
from engines.core.storage.scene_file import read_scene_file, write_scene_file
from tests.app.ball_scene import BallScene
from tests.app.capture.test_inspection import capture, ring
from tests.app.mesh.shapes import loaded

PLACE = np.array([500123.4, 4649776.2, 231.0])
ONE_STEP = ["--set", "max_steps=1"]


def test_it_is_learnt_about_its_middle_and_written_where_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = in_world(ring(), PLACE)
    data, out = str(capture(tmp_path / "map", world)), tmp_path / "run"
    assert cli.main(["train", data, "--method", "colour_grid", "--out", str(out), "--device", "cpu", *ONE_STEP]) == 0
    assert "single precision" in capsys.readouterr().err
    scene = read_scene_file(out / "scene.safetensors").scene
    assert scene is not None and np.abs(scene.origin - PLACE).max() < 4
    assert np.abs([camera.position for camera in scene.cameras]).max() < 8
    # A path that was written is in the world, and read back from there.
    for extra in ([], ["--data", data]):
        path = tmp_path / f"path{len(extra)}.json"
        assert cli.main(["render", str(out), "--path", "train", "--out", str(path), "--device", "cpu", *extra]) == 0
        written = [np.array(camera["camera_to_world"])[:3, 3] for camera in json.loads(path.read_text())]
        assert min(np.linalg.norm(written[0] - camera.position) for camera in world) < 1e-6
        again = tmp_path / f"again{len(extra)}.json"
        assert cli.main(["render", str(out), "--path", str(path), "--out", str(again), "--device", "cpu", *extra]) == 0
        assert np.array(json.loads(again.read_text())[0]["camera_to_world"])[:3, 3] == pytest.approx(written[0])
    more = ["--resume", "--set", "max_steps=2", "--device", "cpu"]
    assert cli.main(["train", data, "--method", "colour_grid", "--out", str(out), *more]) == 0
    assert cli.main(["evaluate", str(out), "--data", data, "--split", "train", "--device", "cpu", "--json"]) == 0


def test_scene_that_was_learnt_before_is_opened_where_it_was(tmp_path: Path) -> None:
    """Its networks are of the folder's own coordinates."""
    data, out = capture(tmp_path / "map", in_world(ring(), PLACE)), tmp_path / "run"
    assert (
        cli.main(["train", str(data), "--method", "colour_grid", "--out", str(out), "--device", "cpu", *ONE_STEP]) == 0
    )
    made = read_scene_file(out / "scene.safetensors")
    assert made.scene is not None
    info = replace(
        made.scene,
        cameras=in_world(made.scene.cameras, made.scene.origin),
        start=in_world([made.scene.start], made.scene.origin)[0],
        bounds=made.scene.bounds + made.scene.origin,
        origin=np.zeros(3),
    )
    write_scene_file(tmp_path / "old.safetensors", replace(made, scene=info))
    opened = open_scene(tmp_path / "old.safetensors", data, "cpu")
    assert opened.dataset is not None and not opened.origin.any()
    assert opened.dataset.views[0].camera.position[1] > 4e6


def test_mesh_is_written_in_the_world(tmp_path: Path) -> None:
    for suffix in (".ply", ".obj"):
        box = np.array([[-1.2] * 3, [1.2] * 3]) + PLACE
        export = MeshExport(tmp_path / f"ball{suffix}", 32, 12, origin=PLACE, box=box, axes="world")
        run_mesh(BallScene(), None, export, lambda *_: None, never_stop)
        mesh = loaded(tmp_path / f"ball{suffix}")
        assert mesh.vertices.mean(axis=0) == pytest.approx(PLACE, abs=0.3)
        assert np.ptp(mesh.vertices, axis=0) == pytest.approx(np.ptp(mesh.vertices, axis=0).mean(), rel=0.1)
