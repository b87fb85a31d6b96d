"""Run folders: resuming gets back exactly what was saved, whatever happened meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from engines.core.errors import UserError
from engines.core.storage.run_folder import (
    HISTORY_NAME,
    SCENE_NAME,
    TRAINING_NAME,
    append_history,
    is_run_folder,
    read_history,
    read_run_checkpoint,
    read_run_config,
    read_run_training,
    write_run_checkpoint,
    write_run_config,
)
from engines.core.storage.torch_file import write_torch_file
from tests.engines.core.examples import checkpoint, no_room_beyond


def test_training_state_comes_back_exactly(tmp_path: Path) -> None:
    written = checkpoint()
    write_run_checkpoint(tmp_path, written)
    read = read_run_training(tmp_path)
    assert (read.engine, read.config, read.step) == (written.engine, written.config, written.step)
    assert all(torch.equal(read.weights[name], tensor) for name, tensor in written.weights.items())
    assert read.training and written.training
    assert torch.equal(read.training["random"], written.training["random"])
    assert read.training["optimiser"]["state"][0]["step"] == 2
    assert read.scene and written.scene and read.scene.to_json() == written.scene.to_json()


def test_looking_needs_either_file(tmp_path: Path) -> None:
    assert not is_run_folder(tmp_path)
    write_run_checkpoint(tmp_path, checkpoint(step=3))
    assert is_run_folder(tmp_path) and read_run_checkpoint(tmp_path).training is None
    (tmp_path / SCENE_NAME).unlink()
    assert is_run_folder(tmp_path)
    assert read_run_checkpoint(tmp_path).step == 3 and read_run_checkpoint(tmp_path).training is None


def test_nothing_to_resume(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="start without --resume"):
        read_run_training(tmp_path)


def test_foreign_training_state(tmp_path: Path) -> None:
    contents: tuple[dict[str, Any], ...] = (
        {"model": {}},
        {"header": "not json", "weights": {}},
        {"header": 3},
        {"header": "[]"},
    )
    for content in contents:
        write_torch_file(tmp_path / TRAINING_NAME, content)
        with pytest.raises(UserError, match="not a training state of Vantage"):
            read_run_training(tmp_path)


def test_a_full_disk_keeps_the_old_state(tmp_path: Path) -> None:
    write_run_checkpoint(tmp_path, checkpoint(step=1))
    with pytest.raises(UserError, match="can't be written"), no_room_beyond(1000):
        write_run_checkpoint(tmp_path, checkpoint(step=2))
    assert read_run_training(tmp_path).step == read_run_checkpoint(tmp_path).step == 1
    assert {path.name for path in tmp_path.iterdir()} == {TRAINING_NAME, SCENE_NAME}


def test_config_comes_back(tmp_path: Path) -> None:
    write_run_config(tmp_path / "new", "example", Path("data folder"), {"lr": 1e-4, "name": "a: b"})
    assert read_run_config(tmp_path / "new") == {
        "engine": "example",
        "data": "data folder",
        "config": {"lr": 1e-4, "name": "a: b"},
    }


def test_history_survives_a_line_cut_by_a_crash(tmp_path: Path) -> None:
    assert read_history(tmp_path) == []
    append_history(tmp_path, {"step": 1, "loss": 0.5})
    with (tmp_path / HISTORY_NAME).open("a") as file:
        file.write('{"step": 2, "lo')
    append_history(tmp_path, {"step": 3})
    append_history(tmp_path, {"step": 4})
    assert read_history(tmp_path) == [{"step": 1, "loss": 0.5}, {"step": 3}, {"step": 4}]


def test_history_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"history\.jsonl: can't be written"):
        append_history(tmp_path / "none", {"step": 1})
