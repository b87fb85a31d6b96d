"""The runs that there are on the disk: those below one folder, and others that are known."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engines.core.errors import UserError
from engines.core.files import unwritable
from engines.core.storage.run_folder import (
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
from engines.core.storage.scene_file import read_scene_header

UNPRINTABLE = '/\\:*?"<>|'


@dataclass(frozen=True)
class Run:
    """One run folder, as far as small files tell.

    Attributes:
        data: the folder it trains on.
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
        """The number of steps after which it is finished."""
        return int(self.config["max_steps"])

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


def _was_begun(folder: Path) -> bool:
    try:
        return (folder / CONFIG_NAME).is_file()
    except OSError:
        # Somebody else's, or of a disk that fails.
        return False


def read_run(folder: Path, reader: CurveReader | None = None) -> Run | None:
    """One run; None where the folder is none, or is damaged.

    Args:
        reader: of its curves, where they have been read before.
    """
    try:
        written = read_run_config(folder)
        config = written["config"]
        step, history = 0, (reader or CurveReader(folder)).read()
        if (folder / SCENE_NAME).is_file():
            step = int(read_scene_header(folder / SCENE_NAME)["step"] or 0)
        elif (folder / TRAINING_NAME).is_file() and history.steps:
            step = history.steps[-1]
        scores = [psnr for _, psnr in history.psnr]
        files = (CONFIG_NAME, HISTORY_NAME, SCENE_NAME)
        changed_s = max((folder / name).stat().st_mtime for name in files if (folder / name).is_file())
        int(config["max_steps"])
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
    except (UserError, OSError, KeyError, TypeError, ValueError, OverflowError, AttributeError):
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
        self._read_bytes, self._file = 0, 0
        self._steps = list[int]()
        self._losses = dict[str, tuple[list[int], list[float]]]()
        self._psnr = list[tuple[int, float]]()

    def read(self) -> Curves:
        """All that is there now."""
        if self._path.is_file():
            self._read_on()
        else:
            self._begin()
        # Copies: these grow on.
        losses = {name: (list(steps), list(values)) for name, (steps, values) in self._losses.items()}
        return Curves(tuple(self._steps), losses, tuple(self._psnr))

    def _read_on(self) -> None:
        with self._path.open("rb") as file:
            there = os.fstat(file.fileno())
            if there.st_size < self._read_bytes or there.st_ino != self._file:
                # Resumed from an earlier checkpoint: lines were taken back, and others may be there already.
                self._begin()
                self._file = there.st_ino
            file.seek(self._read_bytes)
            content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        self._read_bytes += len(whole)
        for line in whole.splitlines():
            self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            entry = json.loads(line)
            step = int(entry.pop("step"))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            return
        self._steps.append(step)
        if _is_finite(psnr := entry.pop("psnr", None)):
            self._psnr.append((step, float(psnr)))
        for name, value in entry.items():
            if name not in ("time", "ssim") and _is_finite(value):
                steps, values = self._losses.setdefault(name, ([], []))
                steps.append(step)
                values.append(float(value))


def _is_finite(value: object) -> bool:
    """Whether it is a number that can be drawn."""
    return isinstance(value, int | float) and abs(value) <= sys.float_info.max


class Library:
    """The runs that there are, for one thread; what has not changed since the last look is not read again."""

    def __init__(self) -> None:
        self._readers: dict[Path, CurveReader] = {}
        self._seen: dict[Path, tuple[object, Run | None]] = {}

    def find(self, home: Path, known: Iterable[Path] = ()) -> list[Run]:
        """The runs in `home`, and of `known` those that are still there; the newest first."""
        try:
            inside = sorted(home.iterdir()) if home.is_dir() else []
        except OSError:
            # Somebody else's, or of a disk that fails: asked every second or so, and the known ones are there still.
            inside = []
        folders = dict.fromkeys(path.resolve() for path in (*inside, *known) if _was_begun(path))
        runs = (self._look(folder) for folder in folders)
        return sorted((run for run in runs if run is not None), key=lambda run: -run.changed_s)

    def curves(self, folder: Path) -> Curves:
        """A run's curves."""
        return self._readers.setdefault(folder, CurveReader(folder)).read()

    def _look(self, folder: Path) -> Run | None:
        stamp = run_stamp(folder)
        before, run = self._seen.get(folder, (None, None))
        if before == stamp:
            return replace(run, training=is_claimed(folder)) if run is not None else None
        run = read_run(folder, self._readers.setdefault(folder, CurveReader(folder)))
        self._seen[folder] = (stamp, run)
        return run


def run_stamp(folder: Path) -> object:
    """Another one each time that the run has written something."""
    stamps: list[object] = []
    for name in (CONFIG_NAME, HISTORY_NAME, SCENE_NAME, TRAINING_NAME):
        try:
            there = (folder / name).stat()
        except OSError:
            stamps.append(None)
        else:
            stamps.append((there.st_mtime_ns, there.st_size, there.st_ino))
    return tuple(stamps)


def held_out_pictures(folder: Path) -> tuple[Path | None, list[tuple[int, Path]]]:
    """The photograph that validations are looked at beside, and (step, picture) of each, in order."""
    there = folder / HELD_OUT_NAME
    photograph = there / PHOTOGRAPH_NAME
    try:
        pictures = sorted(path for path in there.glob("*.png") if path.stem.isdecimal()) if there.is_dir() else []
        found = photograph if photograph.is_file() else None
    except OSError:
        return None, []
    return found, [(int(path.stem), path) for path in pictures]


def rename_run(run: Run, name: str) -> Path:
    """Gives the folder another name, beside where it is.

    Raises:
        UserError: the name is taken or can't be used, or a process trains there.
    """
    name = name.strip()
    if not name or name.startswith(".") or not name.isprintable() or any(sign in name for sign in UNPRINTABLE):
        raise UserError(f"{name!r}: a run's name must not be empty, begin with a dot, or hold any of {UNPRINTABLE}")
    if is_claimed(run.folder):
        raise UserError(f"{run.name}: is being trained; stop it first")
    new = run.folder.with_name(name)
    try:
        if new.exists():
            raise UserError(f"{new}: is there already; choose another name")
        return run.folder.rename(new)
    except OSError as error:
        raise unwritable(new, error) from error
