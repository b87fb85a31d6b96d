"""Which way is up, as somebody chose: kept in the scene's file, and by a run that goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app import demos
from app.training.loop import run_training
from app.viewing.opening import keep_up
from app.viewing.ups import Ups, keep_in_file
from engines.core.engine import never_stop
from engines.core.errors import UserError
from engines.core.storage.run_folder import LIVE_NAME, claimed, read_run_config, read_run_training
from engines.core.storage.scene_file import read_scene_file, write_scene_file
from tests.engines.core.examples import checkpoint


def nothing(report: object) -> None:
    """Hears no reports."""


def test_scene_file_keeps_it_and_its_weights(tmp_path: Path) -> None:
    path, before = tmp_path / "scene.safetensors", checkpoint()
    write_scene_file(path, before)
    keep_in_file(path, np.array([0, -1.0, 0]))
    after = read_scene_file(path)
    assert after.scene is not None and after.scene.chosen_up is not None
    assert after.scene.chosen_up.tolist() == [0, -1, 0] and after.scene.hints == {"scale": 1.5}
    assert after.step == before.step and after.weights.keys() == before.weights.keys()
    assert all(torch.equal(after.weights[name], tensor) for name, tensor in before.weights.items())
    keep_in_file(path, np.array([1.0, 0, 0]))
    again = read_scene_file(path)
    assert again.scene is not None and again.scene.up.tolist() == [1, 0, 0]


def test_files_that_are_not_the_users_own_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demos, "DEMO_FOLDER", tmp_path)
    demo = tmp_path / "toys.safetensors"
    write_scene_file(demo, replace(checkpoint(), engine="colour_grid"))
    before = demo.read_bytes()
    keep_in_file(demo, np.array([1.0, 0, 0]))
    assert demo.read_bytes() == before
    authors = tmp_path / "authors.pth"
    authors.write_bytes(b"theirs")
    keep_in_file(authors, np.array([1.0, 0, 0]))
    assert authors.read_bytes() == b"theirs"
    with pytest.raises(UserError, match="only scene files"):
        keep_up(authors, np.array([1.0, 0, 0]))


def test_run_that_goes_on_keeps_what_was_chosen(photographs: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    settings = {"max_steps": 1, "up": "-y"}
    made = run_training("colour_grid", photographs, out, settings, "cpu", False, nothing, never_stop)
    assert made.scene is not None and made.scene.up.tolist() == [0, -1, 0]
    assert read_run_config(out)["config"]["up"] == "-y"
    # In the window, afterwards.
    keep_in_file(out, np.array([0.6, 0, 0.8]))
    run_training("colour_grid", photographs, out, {"max_steps": 2}, "cpu", True, nothing, never_stop)
    scene = read_run_training(out).scene
    assert scene is not None and scene.chosen_up == pytest.approx([0.6, 0, 0.8])
    run_training("colour_grid", photographs, out, {"max_steps": 3, "up": "x"}, "cpu", True, nothing, never_stop)
    scene = read_run_training(out).scene
    assert scene is not None and scene.up.tolist() == [1, 0, 0]
    with claimed(out), pytest.raises(UserError, match="being learnt"):
        keep_in_file(out, np.array([0, 0, 1.0]))


def test_run_is_the_same_scene_while_it_is_learnt(tmp_path: Path) -> None:
    ups = Ups()
    ups.choose(tmp_path / LIVE_NAME, np.array([0, 1.0, 0]))
    found = ups.of(tmp_path)
    assert found is not None and found.tolist() == [0, 1, 0] and ups.of(tmp_path / "other.pth") is None


def test_up_of_an_option_is_checked(photographs: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"up.*must be x, y, z"):
        run_training("colour_grid", photographs, tmp_path / "run", {"up": "w"}, "cpu", False, nothing, never_stop)
