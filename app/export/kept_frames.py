"""Finished frames of an export, kept in a hidden folder beside what it writes until that is whole.

An export that is killed leaves them, and one of the same scene, path, controls, size and format that is to resume
draws no frame of them again. A line of the log tells of each frame what its files are, their sizes and checksums: what
was half-written, or lost with the machine's power, counts as not drawn.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from engines.core.errors import Cancelled, UserError
from engines.core.files import unwritable

FACTS_NAME, LOG_NAME = "export.json", "finished.jsonl"


@dataclass(frozen=True)
class ExportFacts:
    """What frames depend on, in words and digests by what a person calls it; and how many there are."""

    facts: Mapping[str, str]
    frames: int

    def differing(self, other: ExportFacts) -> list[str]:
        """What another export's frames are others by."""
        names = [*self.facts, *(name for name in other.facts if name not in self.facts)]
        different = [name for name in names if self.facts.get(name) != other.facts.get(name)]
        return different or (["number of frames"] if self.frames != other.frames else [])


def kept_folder(out: Path) -> Path:
    """The folder of the finished frames of an export to `out`, while it is under way."""
    out = out.resolve() if out.is_symlink() else out
    return out.with_name(f".{out.name}.frames")


def frames_kept(out: Path) -> tuple[int, int]:
    """How many frames of an export that was killed are there, and of how many; (0, 0) where there is none."""
    folder = kept_folder(out)
    found = _read_facts(folder)
    return (len(_read_log(folder)), found[0].frames) if found is not None else (0, 0)


def kept_note(out: Path) -> Mapping[str, Any]:
    """What whoever began the export noted for going on with it; empty where nothing is."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return dict(json.loads((kept_folder(out) / FACTS_NAME).read_text(encoding="utf-8"))["note"])
    return {}


def _read_facts(folder: Path) -> tuple[ExportFacts, dict[str, Any]] | None:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        data = json.loads((folder / FACTS_NAME).read_text(encoding="utf-8"))
        facts = {str(name): str(value) for name, value in data["facts"].items()}
        return ExportFacts(facts, int(data["frames"])), dict(data["limits"])
    return None


def _read_log(folder: Path) -> dict[int, dict[str, list[int]]]:
    """The files of each frame that the log tells of, with size and checksum."""
    found: dict[int, dict[str, list[int]]] = {}
    with contextlib.suppress(OSError):
        for line in (folder / LOG_NAME).read_text(encoding="utf-8", errors="replace").splitlines():
            # The last may be cut off.
            with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
                told = json.loads(line)
                found[int(told["frame"])] = {str(name): list(told["files"][name]) for name in told["files"]}
    return found


class KeptFrames:
    """The finished frames of one export.

    Attributes:
        folder: where they are.
        limits: of channels' colours, that those frames were drawn with; empty where there are none yet.
    """

    def __init__(self, folder: Path, limits: Mapping[str, tuple[float, float]], finished: set[int]) -> None:
        self.folder, self.limits, self.finished = folder, limits, finished
        self._told = (0, 0)
        self._log: IO[str] | None = None
        self._lock = threading.Lock()

    def begin(
        self, asked: ExportFacts, limits: Mapping[str, tuple[float, float]], note: Mapping[str, Any] | None = None
    ) -> None:
        """Makes the folder, where there is none.

        Args:
            note: plain data that `kept_note` gives back.
        """
        self.limits = limits
        self.folder.mkdir(parents=True, exist_ok=True)
        data = {"facts": dict(asked.facts), "frames": asked.frames, "limits": dict(limits)}
        data["note"] = dict(note or {})
        (self.folder / FACTS_NAME).write_text(json.dumps(data), encoding="utf-8")
        self._log = (self.folder / LOG_NAME).open("a", encoding="utf-8")
        # Whatever a line was cut off by, the next one begins anew.
        self._log.write("\n")

    def add(self, index: int, names: Sequence[str]) -> None:
        """Tells that a frame's files are there; from any thread."""
        paths = [self.folder / name for name in names]
        self.tell(index, {path.name: [path.stat().st_size, _checksum(path)] for path in paths})

    def tell(self, index: int, files: Mapping[str, list[int]]) -> None:
        """Tells of a frame's files, with size and checksum (CRC-32) of each."""
        with self._lock:
            if self._log is not None:
                self._log.write(json.dumps({"frame": index, "files": files}) + "\n")
                self._log.flush()
                self.finished.add(index)
                frames, taken = self._told
                self._told = frames + 1, taken + sum(size for size, _ in files.values())

    @property
    def told_frames(self) -> tuple[int, int]:
        """How many frames were told of since it began, and how many bytes their files have."""
        return self._told

    def close(self) -> None:
        """Nothing more is added."""
        with self._lock:
            if self._log is not None:
                self._log.close()
                self._log = None

    def forget(self) -> None:
        """Leaves nothing of it."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def leave_files_alone(self) -> None:
        """Only the frames' own files are left in the folder."""
        self.close()
        for name in (FACTS_NAME, LOG_NAME):
            (self.folder / name).unlink(missing_ok=True)


def find_kept(out: Path, asked: ExportFacts, resume: bool) -> KeptFrames:
    """The frames that an export before this one has finished; none where it is not to resume.

    Raises:
        UserError: what is there is another export's.
    """
    folder = kept_folder(out)
    found = _read_facts(folder)
    if not resume or found is None:
        shutil.rmtree(folder, ignore_errors=True)
        return KeptFrames(folder, {}, set())
    there, limits = found
    if different := there.differing(asked):
        raise UserError(
            f"{out}: what is unfinished there is of another {', '.join(different)}; name the same as before, or "
            "begin anew, without --resume"
        )
    finished = {
        index for index, files in _read_log(folder).items() if index < asked.frames and _are_whole(folder, files)
    }
    return KeptFrames(folder, {name: (float(low), float(high)) for name, (low, high) in limits.items()}, finished)


def _are_whole(folder: Path, files: Mapping[str, list[int]]) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return all(
            (folder / name).stat().st_size == size and _checksum(folder / name) == checksum
            for name, (size, checksum) in files.items()
        )
    return False


def _checksum(path: Path) -> int:
    return zlib.crc32(path.read_bytes())


@contextlib.contextmanager
def keeping(kept: KeptFrames, out: Path, resume: bool, is_known: bool = True) -> Iterator[KeptFrames]:
    """Leaves finished frames where the export breaks off by no will of the user, or was begun to be resumed.

    Args:
        is_known: whether the scene could be told from others, so that it can be resumed at all.

    Raises:
        UserError: the place can't be written, said of `out`.
    """
    try:
        yield kept
        kept.forget()
    except BaseException as error:
        is_wanted = resume or not isinstance(error, UserError | OSError | Cancelled | KeyboardInterrupt)
        if is_wanted and is_known and kept.finished and not isinstance(error, Cancelled):
            kept.close()
        else:
            kept.forget()
        if isinstance(error, OSError):
            raise unwritable(out, error) from error
        if isinstance(error, UserError):
            # Of a file in it; the name that it has until all is whole is nobody's business.
            raise type(error)(str(error).replace(str(kept.folder), str(out))) from error
        raise
