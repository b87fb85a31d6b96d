"""Checkpoints on the disk, whatever wrote them: this program, or an author's code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engines.core.errors import UserError
from engines.core.storage.checkpoint import Checkpoint
from engines.core.storage.run_folder import SCENE_NAME, has_saved_nothing, is_run_folder, read_run_checkpoint
from engines.core.storage.scene_file import read_scene_file
from engines.core.storage.tensor_bundle import INDEX, find_bundle, read_bundle
from engines.core.storage.torch_file import read_torch_file

TORCH_SUFFIXES = (".pth", ".pt", ".ckpt", ".tar", ".bin")
"""As authors call their files; one of another name is looked into all the same."""
PROJECT_SUFFIX = ".vantage"
"""Of what the window keeps its work in: no checkpoint, but it names one."""
OPENED = ".safetensors, .pth, .pt, .ckpt, .index of TensorFlow, and run folders"

ReadUpstream = Callable[[Mapping[str, Any], Path], Checkpoint]
"""Makes a checkpoint of what an author's file holds, of TensorFlow's of its index; a `UserError` where it can't."""


def read_any(path: Path, read_upstream: ReadUpstream) -> Checkpoint:
    """Opens a scene file, a run folder, or an author's torch file or TensorFlow checkpoint by `read_upstream`.

    Raises:
        UserError: none of these, or damaged.
    """
    if path.is_dir():
        if is_run_folder(path):
            return read_run_checkpoint(path)
        if has_saved_nothing(path):
            raise UserError(
                f"{path}: a run that has saved nothing yet; it is saved every few minutes (checkpoint_minutes), when "
                "it is stopped, and at its end"
            )
    if (index := find_bundle(path)) is not None:
        return read_upstream(read_bundle(index), index)
    if path.is_dir():
        raise UserError(f"{path}: a folder without {SCENE_NAME}; name a checkpoint file or a run folder")
    if path.suffix == ".safetensors":
        return read_scene_file(path)
    try:
        content = read_torch_file(path)
    except UserError as error:
        if path.suffix.lower() == PROJECT_SUFFIX and path.is_file():
            raise UserError(
                f"{path}: a project, which the window opens (main.py {path.name}); name its scene"
            ) from error
        if path.is_file() and path.suffix.lower() not in TORCH_SUFFIXES and "not a torch checkpoint" in str(error):
            raise UserError(f"{path}: not something Vantage opens; it opens {OPENED}") from error
        raise
    return read_upstream(content, path)


def read_own(
    path: Path, engine: str, recognises: Callable[[Mapping[str, Any]], bool], read_upstream: ReadUpstream
) -> Checkpoint:
    """Opens what `read_any` does, for an engine that goes on from a checkpoint of its own kind.

    Args:
        engine: its folder's name.

    Raises:
        UserError: also where the checkpoint is another method's.
    """

    def read(content: Mapping[str, Any], path: Path) -> Checkpoint:
        if not recognises(content):
            raise UserError(f"{path}: {kind_of(path)}, but not a checkpoint of {engine}")
        return read_upstream(content, path)

    checkpoint = read_any(path, read)
    if checkpoint.engine != engine:
        raise UserError(f"{path}: is a scene of {checkpoint.engine}, not of {engine}")
    return checkpoint


def kind_of(path: Path) -> str:
    """What an author's file is, in plain words."""
    return "a TensorFlow checkpoint" if path.suffix == INDEX else "a torch file"
