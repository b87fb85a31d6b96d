"""The runs that there are on the disk: those below one folder, and others that are known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines.core.errors import UserError
from engines.core.run_folder import (
    CONFIG_NAME,
    HELD_OUT_NAME,
    HISTORY_NAME,
    PHOTOGRAPH_NAME,
    SCENE_NAME,
    TRAINING_NAME,
    is_claimed,
    is_run_folder,
    read_run_config,
)
from engines.core.scene_file import read_scene_header

UNPRINTABLE = '/\\:*?"<>|'


@dataclass(frozen=True)
class Run:
    """One run folder, as far as small files tell.

    Attributes:
        data: the folder it learns from.
        config: every option.
        step: of the last checkpoint; 0 where there is none yet.
        psnr, best_psnr: on held-out views, the last and the best; None where none was measured.
        training: whether a process trains there now.
        changed_s: when something was last written, seconds since 1970.
    """

    folder: Path
    engine: str
    data: Path
    config: Mapping[str, Any]
    step: int
    psnr: float | None
    best_psnr: float | None
    training: bool
    changed_s: float

    @property
    def name(self) -> str:
        """The folder's."""
        return self.folder.name

    @property
    def max_steps(self) -> int:
        """That it was begun with."""
        return int(self.config.get("max_steps", self.step))

    @property
    def finished(self) -> bool:
        """Whether all steps are done."""
        return self.step >= self.max_steps

    @property
    def resumable(self) -> bool:
        """Whether it can go on."""
        return (self.folder / TRAINING_NAME).is_file()

    @property
    def has_scene(self) -> bool:
        """Whether there is something to open."""
        return is_run_folder(self.folder)


def find_runs(home: Path, known: Iterable[Path] = ()) -> list[Run]:
    """The runs in `home`, and of `known` those that are still there; the newest first."""
    inside = sorted(home.iterdir()) if home.is_dir() else []
    folders = dict.fromkeys(path.resolve() for path in (*inside, *known) if (path / CONFIG_NAME).is_file())
    runs = (read_run(folder) for folder in folders)
    return sorted((run for run in runs if run is not None), key=lambda run: -run.changed_s)


def read_run(folder: Path) -> Run | None:
    """One run; None where the folder is none, or is damaged."""
    try:
        written = read_run_config(folder)
        config = written["config"]
        step, history = 0, read_curves(folder)
        if (folder / SCENE_NAME).is_file():
            step = int(read_scene_header(folder / SCENE_NAME)["step"] or 0)
        elif (folder / TRAINING_NAME).is_file() and history.steps:
            step = history.steps[-1]
        scores = [psnr for _, psnr in history.psnr]
        files = (CONFIG_NAME, HISTORY_NAME, SCENE_NAME)
        changed_s = max((folder / name).stat().st_mtime for name in files if (folder / name).is_file())
        return Run(
            folder,
            str(written["engine"]),
            Path(written["data"]),
            dict(config),
            step,
            scores[-1] if scores else None,
            max(scores) if scores else None,
            is_claimed(folder),
            changed_s,
        )
    except (UserError, OSError, KeyError, TypeError, ValueError):
        return None


@dataclass(frozen=True)
class Curves:
    """What a run's history tells.

    Attributes:
        steps: of each line.
        losses: of each name, (steps, values).
        psnr: (step, dB on held-out views).
    """

    steps: tuple[int, ...]
    losses: Mapping[str, tuple[list[int], list[float]]]
    psnr: tuple[tuple[int, float], ...]


class CurveReader:
    """A run's curves, read on where the file has grown."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / HISTORY_NAME
        self._begin()

    def _begin(self) -> None:
        self._read_bytes = 0
        self._steps = list[int]()
        self._losses = dict[str, tuple[list[int], list[float]]]()
        self._psnr = list[tuple[int, float]]()

    def read(self) -> Curves:
        """All that is there now."""
        size = self._path.stat().st_size if self._path.is_file() else 0
        if size < self._read_bytes:
            # Resumed from an earlier checkpoint: lines were taken back.
            self._begin()
        if size > self._read_bytes:
            with self._path.open("rb") as file:
                file.seek(self._read_bytes)
                content = file.read()
            whole = content[: content.rfind(b"\n") + 1]
            self._read_bytes += len(whole)
            for line in whole.splitlines():
                self._take(line)
        # Copies: these grow on.
        losses = {name: (list(steps), list(values)) for name, (steps, values) in self._losses.items()}
        return Curves(tuple(self._steps), losses, tuple(self._psnr))

    def _take(self, line: bytes) -> None:
        try:
            entry = json.loads(line)
            step = int(entry.pop("step"))
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        self._steps.append(step)
        if isinstance(psnr := entry.pop("psnr", None), int | float):
            self._psnr.append((step, float(psnr)))
        for name, value in entry.items():
            if name not in ("time", "ssim") and isinstance(value, int | float):
                steps, values = self._losses.setdefault(name, ([], []))
                steps.append(step)
                values.append(float(value))


def read_curves(folder: Path) -> Curves:
    """A run's curves."""
    return CurveReader(folder).read()


def held_out_pictures(folder: Path) -> tuple[Path | None, list[tuple[int, Path]]]:
    """The photograph that validations are looked at beside, and (step, picture) of each, in order."""
    there = folder / HELD_OUT_NAME
    pictures = sorted(path for path in there.glob("*.png") if path.stem.isdigit()) if there.is_dir() else []
    photograph = there / PHOTOGRAPH_NAME
    return photograph if photograph.is_file() else None, [(int(path.stem), path) for path in pictures]


def rename_run(run: Run, name: str) -> Path:
    """Gives the folder another name, beside where it is.

    Raises:
        UserError: the name is taken or can't be used, or a process trains there.
    """
    name = name.strip()
    if not name or name.startswith(".") or any(sign in name for sign in UNPRINTABLE):
        raise UserError(f"{name!r}: a run's name must not be empty, begin with a dot, or hold any of {UNPRINTABLE}")
    if is_claimed(run.folder):
        raise UserError(f"{run.name}: is being trained; stop it first")
    new = run.folder.with_name(name)
    if new.exists():
        raise UserError(f"{new}: is there already; choose another name")
    try:
        return run.folder.rename(new)
    except OSError as error:
        raise UserError(f"{new}: can't be written ({error.strerror or error})") from error


def free_name(home: Path, stem: str) -> Path:
    """A folder in `home` that is not there yet: `stem`, `stem-2`, ..."""
    number, path = 1, home / stem
    while path.exists():
        number += 1
        path = home / f"{stem}-{number}"
    return path
