"""Run folders: what a training leaves on the disk.

| file | what |
|---|---|
| `scene.safetensors` | the scene to look at; a scene file like any other |
| `training.pt` | weights, optimisers, generators, step: one file, so never halves of two steps |
| `config.yaml` | engine, data folder and every option |
| `history.jsonl` | a line per report: step, losses, validation scores |
| `events.out.tfevents.*` | the same for TensorBoard |
| `held_out/` | a held-out photograph, and what was drawn of it at each validation |
| `.lock` | held while a process trains here |
| `.live.safetensors` | the scene as it is being learnt, while somebody looks |
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock, Timeout
from torch import Tensor

from engines.core import distributed
from engines.core.config import read_yaml
from engines.core.errors import Unwritable, UserError
from engines.core.files import folder_made, locked, remove_leftovers, replacing, unwritable
from engines.core.reading import quoted, read_bytes, reading, why_not
from engines.core.storage.checkpoint import Checkpoint, SceneInfo, copied_to_cpu
from engines.core.storage.scene_file import read_scene_file, read_scene_header, write_scene_file
from engines.core.storage.torch_file import read_torch_file, write_torch_file
from engines.core.storage.upstream_state import require_numbers

SCENE_NAME = "scene.safetensors"
TRAINING_NAME = "training.pt"
CONFIG_NAME = "config.yaml"
HISTORY_NAME = "history.jsonl"
EVENTS_START = "events.out.tfevents."
HELD_OUT_NAME = "held_out"
PHOTOGRAPH_NAME = "photograph.png"
LOCK_NAME = ".lock"
LIVE_NAME = ".live.safetensors"
LAUNCH_NAME = ".torchrun"
"""Which start of torchrun a run was last taken up by."""
CLAIM_S = 0.5
"""Who looks whether a folder is claimed has it for a moment; who trains there has it for longer."""


def is_run_folder(folder: Path) -> bool:
    """Whether a training has saved something there."""
    return (folder / SCENE_NAME).is_file() or (folder / TRAINING_NAME).is_file()


def has_saved_nothing(folder: Path) -> bool:
    """Whether a training began there, and has not saved yet or ended before it did."""
    return (folder / CONFIG_NAME).is_file() and not is_run_folder(folder) and not others_in(folder)


def others_in(folder: Path) -> list[str]:
    """Names of what no training leaves, sorted; none where there is no such folder."""
    if not folder.is_dir():
        return []
    own = (SCENE_NAME, TRAINING_NAME, CONFIG_NAME, HISTORY_NAME, HELD_OUT_NAME)
    names = (path.name for path in folder.iterdir() if not path.name.startswith("."))
    return sorted(name for name in names if name not in own and not name.startswith(EVENTS_START))


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """While it lasts no other process can train in `folder`, which is made; a killed one gives it back, too.

    Raises:
        UserError: another process trains there, or the folder can't be made.
    """
    require_no_links(folder)
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(folder_made(folder))
            held.enter_context(locked(folder / LOCK_NAME, CLAIM_S))
        except Timeout as error:
            raise UserError(f"{folder}: another process is training there; stop it, or name another folder") from error
        except OSError as error:
            raise unwritable(folder, error) from error
        for place in (folder, folder / HELD_OUT_NAME):
            remove_leftovers(place)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                (folder / LIVE_NAME).unlink(missing_ok=True)


@contextlib.contextmanager
def taken_back_unsaved(folder: Path) -> Iterator[None]:
    """Takes away what a new run wrote where there is no room for it before anything is saved; what was there stays."""
    there = {path.name for path in folder.iterdir()}
    try:
        yield
    except Unwritable:
        # The folder itself may be gone.
        with contextlib.suppress(OSError):
            for path in folder.iterdir() if not is_run_folder(folder) else ():
                if path.name not in there and _is_own(path.name):
                    with contextlib.suppress(OSError):
                        shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise


def _is_own(name: str) -> bool:
    return name in (CONFIG_NAME, HISTORY_NAME, HELD_OUT_NAME, LAUNCH_NAME) or name.startswith(EVENTS_START)


def require_no_links(folder: Path) -> None:
    """Whether all that a training writes to lies in its folder: through a link it would be written elsewhere.

    Raises:
        UserError: something in the folder is a link.
    """
    try:
        places = [*folder.iterdir(), *_inside(folder / HELD_OUT_NAME)] if folder.is_dir() else []
    except OSError as error:
        raise UserError(f"{folder}: can't be read ({why_not(error)})") from error
    for path in places:
        if path.is_symlink():
            raise UserError(
                f"{path}: is a link, through which a training would write elsewhere; put the file itself there"
            )


def _inside(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []


def is_claimed(folder: Path) -> bool:
    """Whether a process trains there now."""
    if not (folder / LOCK_NAME).is_file():
        return False
    lock = FileLock(folder / LOCK_NAME, is_singleton=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except (OSError, NotImplementedError):
        return False
    lock.release()
    return False


def read_run_checkpoint(folder: Path) -> Checkpoint:
    """The run's scene, to look at."""
    if (folder / SCENE_NAME).is_file():
        return read_scene_file(folder / SCENE_NAME)
    return replace(read_run_training(folder), training=None)


def read_run_training(folder: Path) -> Checkpoint:
    """The run's last checkpoint with its training state, to resume.

    Raises:
        UserError: there is none, or it is damaged.
    """
    path = folder / TRAINING_NAME
    if not path.is_file():
        raise UserError(f"{folder}: no {TRAINING_NAME} to resume from; start without --resume")
    content = read_torch_file(path)
    with reading(path, "not a training state of Vantage, or damaged"):
        header = json.loads(content["header"])
        parts = {"weights": content["weights"], "training": content["training"], "config": header["config"]}
        for name, part in parts.items():
            if not isinstance(part, Mapping):
                raise ValueError(f"its {name} is no mapping")
        scene = SceneInfo.from_json(header["scene"]) if header["scene"] is not None else None
        found = Checkpoint(
            str(header["engine"]), header["config"], int(header["step"]), content["weights"], scene, content["training"]
        )
        for name, tensor in found.weights.items():
            if not isinstance(tensor, Tensor):
                raise ValueError(f"its weight {quoted(name)} is a {type(tensor).__name__}")
            require_numbers(path, name, tensor)
    return found


def read_run_training_of_first(folder: Path) -> Checkpoint:
    """What `read_run_training` reads, on all ranks: the first one reads, so that others need not see the folder.

    Raises:
        UserError: there is none, or it is damaged; on the first rank.
    """
    rank = distributed.here()
    if rank.count == 1:
        return read_run_training(folder)
    checkpoint = read_run_training(folder) if rank.is_first else None
    content = distributed.broadcast_bytes((folder / TRAINING_NAME).read_bytes() if rank.is_first else b"")
    if checkpoint is not None:
        return checkpoint
    with tempfile.TemporaryDirectory() as copied:
        (Path(copied) / TRAINING_NAME).write_bytes(content)
        received = read_run_training(Path(copied))
        # Its tensors are mapped to a file that is about to go.
        return replace(
            received, weights=copied_to_cpu(received.weights), training=copied_to_cpu(received.training or {})
        )


def mark_launch(folder: Path) -> None:
    """Says which start of torchrun the run is of; without torchrun nothing."""
    if distributed.launch():
        with replacing(folder / LAUNCH_NAME) as temporary:
            temporary.write_text(distributed.launch(), encoding="utf-8")


def is_interrupted_here(folder: Path) -> bool:
    """Whether torchrun has begun this command again, whose earlier attempt saved something in the run."""
    mark = folder / LAUNCH_NAME
    if not distributed.restarted() or not mark.is_file() or not (folder / TRAINING_NAME).is_file():
        return False
    return mark.read_text(encoding="utf-8") == distributed.launch()


def write_run_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Saves for resuming, then for looking at, each file atomically.

    Raises:
        UserError: the folder can't be written.
    """
    header = {
        "engine": checkpoint.engine,
        "config": dict(checkpoint.config),
        "step": checkpoint.step,
        "scene": checkpoint.scene.to_json() if checkpoint.scene else None,
    }
    weights = {name: tensor.clone() for name, tensor in checkpoint.weights.items()}
    write_torch_file(
        folder / TRAINING_NAME,
        {"header": json.dumps(header), "weights": weights, "training": dict(checkpoint.training or {})},
    )
    write_scene_file(folder / SCENE_NAME, checkpoint)


def complete_scene(folder: Path, checkpoint: Checkpoint) -> None:
    """Writes the scene of the last checkpoint where a process was killed between the two files."""
    try:
        step = int(read_scene_header(folder / SCENE_NAME)["step"] or 0)
    except (UserError, KeyError, TypeError, ValueError):
        step = -1
    if step < checkpoint.step and not is_claimed(folder):
        write_scene_file(folder / SCENE_NAME, checkpoint)


def chosen_up(folder: Path) -> list[float] | None:
    """[3] what somebody chose to be up in the run's scene; None where nobody did."""
    try:
        scene = read_scene_header(folder / SCENE_NAME)["scene"]
        up = SceneInfo.from_json(scene).chosen_up if scene else None
    except (UserError, ValueError, KeyError, TypeError):
        return None
    return None if up is None else [float(value) for value in up]


def write_run_config(folder: Path, engine: str, data: Path, config: Mapping[str, Any]) -> None:
    """Writes what the run was begun with; `main.py train --config` reads it back."""
    with replacing(folder / CONFIG_NAME) as temporary:
        text = yaml.safe_dump({"engine": engine, "data": str(data), "config": dict(config)}, sort_keys=False)
        temporary.write_text(text, encoding="utf-8")


def read_run_config(folder: Path) -> dict[str, Any]:
    """What `write_run_config` wrote."""
    return read_yaml(folder / CONFIG_NAME)


def run_data(folder: Path) -> Path | None:
    """The data folder that a run was trained on, be it there or not; None where nothing says."""
    try:
        data = read_run_config(folder).get("data") if (folder / CONFIG_NAME).is_file() else None
    except (UserError, OSError):
        # The scene may be sound all the same.
        return None
    return Path(data) if isinstance(data, str) and data else None


def append_history(folder: Path, entry: Mapping[str, Any]) -> None:
    """Adds a line; a line cut short by a crash is skipped by `read_history`.

    Raises:
        UserError: the folder can't be written.
    """
    path = folder / HISTORY_NAME
    try:
        with path.open("ab+") as file:
            if file.tell() > 0:
                file.seek(-1, 2)
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.write((json.dumps(dict(entry)) + "\n").encode())
    except OSError as error:
        raise unwritable(path, error) from error


def read_history(folder: Path) -> list[dict[str, Any]]:
    """All whole lines, in order."""
    path = folder / HISTORY_NAME
    entries = []
    for line in read_bytes(path).splitlines() if path.is_file() else []:
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict):
            entries.append(entry)
    return entries
