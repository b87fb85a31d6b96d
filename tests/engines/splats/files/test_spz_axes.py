"""`.spz` that does not name its axes: cameras beside it tell, else the scene says what is taken and what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engines.core.camera import Camera
from engines.core.paths.exchange.formats import write_content
from engines.core.paths.path_content import PathContent
from engines.core.storage.checkpoint import Checkpoint
from engines.splats.config import SplatsOptions
from engines.splats.engine import SplatsEngine
from engines.splats.files.axes import UP_BACK, mirrored
from engines.splats.files.content import SplatContent
from engines.splats.files.forms import read_splats, write_splats
from engines.splats.splats import Splats
from tests.engines.splats.making import some_splats
from tests.engines.splats.scenes import camera_from, random_splats


def in_front(splats: Splats) -> Splats:
    """Moved to before cameras that stand at the origin and look along z."""
    splats.positions[:] = splats.positions / 6 + np.array([0, 0.5, 4], np.float32)
    return splats


def row_of_cameras() -> tuple[Camera, ...]:
    poses = np.tile(np.eye(4), (4, 1, 1))
    poses[:, 0, 3] = np.linspace(-0.5, 0.5, 4)
    return tuple(Camera(pose, (300.0, 300.0), (320.0, 240.0), (640, 480)) for pose in poses)


def opened(path: Path) -> tuple[Checkpoint, tuple[str, ...]]:
    engine = SplatsEngine()
    checkpoint = engine.read_file(path)
    scene = engine.open(checkpoint, torch.device("cpu"), None, SplatsOptions())
    return checkpoint, scene.assumptions


@pytest.mark.parametrize("copied", [False, True])
def test_cameras_beside_it_tell_which_axes_it_has(tmp_path: Path, copied: bool) -> None:
    splats = in_front(some_splats(100, 1))
    # Written in the page's axes: of what lies mirrored these are the numbers that a copy has.
    write_splats(tmp_path / "a.spz", SplatContent(mirrored(splats, UP_BACK) if copied else splats), "spz")
    write_content(tmp_path / "cameras.json", PathContent(row_of_cameras()), "inria")
    checkpoint, assumptions = opened(tmp_path / "a.spz")
    np.testing.assert_allclose(checkpoint.weights["positions"].numpy(), splats.positions, atol=1e-5)
    np.testing.assert_allclose(checkpoint.weights["harmonics"].numpy(), splats.harmonics, atol=1 / 32)
    assert any("right, down, forward" in note for note in checkpoint.notes) == copied
    assert not any("axes" in text for text in assumptions)


def test_without_cameras_the_scene_says_what_is_taken_and_the_way_out(tmp_path: Path) -> None:
    write_splats(tmp_path / "a.spz", SplatContent(some_splats(20, 0)), "spz")
    _, (said,) = opened(tmp_path / "a.spz")
    assert said.startswith("up is assumed to be -y: the file does not name its axes") and "--up y" in said
    write_splats(tmp_path / "a.ply", SplatContent(some_splats(20, 0)), "ply")
    _, (said,) = opened(tmp_path / "a.ply")
    assert "axes" not in said


def test_cameras_that_see_as_much_either_way_are_not_believed(tmp_path: Path) -> None:
    write_splats(tmp_path / "a.spz", SplatContent(random_splats(200, 0, spread=0.2)), "spz")
    around = [(4 * np.sin(turn), -0.5, 4 * np.cos(turn)) for turn in np.linspace(0, 5, 6)]
    cameras = tuple(camera_from(eye, (640, 480), (300, 300)) for eye in around)
    write_content(tmp_path / "cameras.json", PathContent(cameras), "inria")
    checkpoint, (said,) = opened(tmp_path / "a.spz")
    assert "either way" in said and "convert it from its .ply" in said
    assert checkpoint.scene is not None and len(checkpoint.scene.cameras) == 6


@pytest.mark.parametrize(("form", "largest"), [("spz", np.exp(-10)), ("splat", 0.0)])
def test_flat_splats_get_a_third_size_and_that_is_said(tmp_path: Path, form: str, largest: float) -> None:
    path = tmp_path / f"a.{form}"
    (lost,) = write_splats(path, SplatContent(some_splats(20, 0, flat=True)), form)
    assert "that its splats are flat" in lost
    found = np.exp(read_splats(path).splats.log_scales)
    assert found.shape == (20, 3)
    np.testing.assert_allclose(found.min(axis=1), largest, atol=1e-12, rtol=1e-3)
    (lost,) = write_splats(path, SplatContent(some_splats(20, 0)), form)
    assert "its splats are flat" not in lost
