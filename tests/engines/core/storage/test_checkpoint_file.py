"""Checkpoints of any kind, and of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from engines.core.errors import UserError
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.checkpoint_file import read_any, read_own
from engines.core.storage.run_folder import append_history, write_run_checkpoint, write_run_config
from engines.core.storage.scene_file import write_scene_file


def upstream(content: Mapping[str, Any], path: Path) -> Checkpoint:
    return Checkpoint("own", {}, 3, dict(content))


def recognises(content: Mapping[str, Any]) -> bool:
    return "weight" in content


def own(path: Path) -> Checkpoint:
    return read_own(path, "own", recognises, upstream)


def test_every_kind_of_its_own_is_read(tmp_path: Path) -> None:
    checkpoint = Checkpoint("own", {}, 2, {"weight": torch.ones(1)}, training={})
    write_scene_file(tmp_path / "a.safetensors", checkpoint)
    write_run_checkpoint(tmp_path / "run", checkpoint)
    torch.save({"weight": torch.ones(1)}, tmp_path / "a.pth")
    assert [own(tmp_path / name).step for name in ("a.safetensors", "run", "a.pth")] == [2, 2, 3]


def test_another_methods_is_refused(tmp_path: Path) -> None:
    write_scene_file(tmp_path / "a.safetensors", Checkpoint("other", {}, 2, {}))
    torch.save({"bias": torch.ones(1)}, tmp_path / "a.pth")
    assert read_any(tmp_path / "a.pth", upstream).step == 3
    with pytest.raises(UserError, match="is a scene of other, not of own"):
        own(tmp_path / "a.safetensors")
    with pytest.raises(UserError, match="a torch file, but not a checkpoint of own"):
        own(tmp_path / "a.pth")
    with pytest.raises(UserError, match=r"a folder without scene\.safetensors"):
        own(tmp_path)
    with pytest.raises(UserError, match="no such file"):
        own(tmp_path / "none.pth")


def test_a_run_that_has_saved_nothing_is_said_to_be_one(tmp_path: Path) -> None:
    write_run_config(tmp_path, "own", tmp_path, {})
    append_history(tmp_path, {"step": 10})
    with pytest.raises(UserError, match=r"a run that has saved nothing yet; it is saved every few minutes"):
        own(tmp_path)
    (tmp_path / "photograph.jpg").write_bytes(b"")
    with pytest.raises(UserError, match=r"a folder without scene\.safetensors"):
        own(tmp_path)


@pytest.mark.parametrize("name", ["notes.txt", "photo.jpg", "scene"])
def test_a_file_of_another_kind_is_told_what_is_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"buy milk\n")
    with pytest.raises(UserError, match=rf"{name}: not something Vantage opens; it opens \.safetensors, \.pth"):
        read_any(tmp_path / name, lambda content, path: pytest.fail("read"))
