"""Atomic files, replaced whole or not at all, and outputs that one process at a time writes."""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import re
import secrets
import shutil
import time
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from engines.core.errors import Unwritable, UserError

PART = re.compile(r"\..+\.([0-9a-f]{4})[0-9a-f]{4}(?:\.(\d+))?\.part(\..+)?")
"""Names of unfinished files: `.<stem>.<machine><chance>.<process>.part<suffix>`; older ones have no process."""
CLAIM = re.compile(r"\..+\.claim\.part")
"""Names of the files whose lock says that an output is being written."""
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""Of file systems, above all on a network, that know no locks; there nothing is held."""
PATIENCE_S = 0.3
"""Who looks for leftovers has another's lock for a moment."""
DAY_S = 86_400
NAMELESS = (
    *(".avi", ".exr", ".gif", ".jpeg", ".jpg", ".mkv", ".mov", ".mp4", ".npy", ".npz", ".png", ".webm", ".zip"),
    *(".chan", ".glb", ".gltf", ".json", ".obj", ".ply", ".stl", ".tum", ".txt"),
    *(".csv", ".htm", ".html", ".index", ".pt", ".pth", ".safetensors", ".vantage", ".yaml", ".yml"),
)
"""Suffixes that are no names: a file called so is hidden, and nobody, we neither, takes it for what it is."""
LITTLE_BYTES = 2**20
"""A disk with less room than this is full: what is being written is larger."""


def require_named(path: Path) -> None:
    """Whether what is to be written has a name before its suffix.

    Raises:
        UserError: it has none.
    """
    if path.name.lower() in NAMELESS:
        raise UserError(f"{path}: is a suffix without a name; put one before it, such as out{path.name.lower()}")


def check_place(path: Path) -> None:
    """Whether a file can be written at `path`, as far as that is seen without writing.

    Raises:
        UserError: no name, a folder, or something that is no plain file, or a file where its folder should be.
    """
    require_named(path)
    if path.is_dir():
        raise UserError(f"{path}: is a folder; name a file")
    # /dev/null, a pipe: taking such a thing's place would destroy it.
    if path.exists() and not path.is_file():
        raise UserError(f"{path}: is not a plain file; name another place")
    for folder in path.parents:
        if folder.exists():
            if not folder.is_dir():
                raise UserError(f"{path}: can't be written, since {folder} is a file and not a folder")
            return


def free_name(folder: Path, stem: str, taken: Collection[Path] = (), suffix: str = "") -> Path:
    """What in `folder` is neither there nor `taken`: the first of `stem`, `stem-2` and on, with its suffix."""
    number, path = 1, folder / f"{stem}{suffix}"
    while path.exists() or path in taken:
        number += 1
        path = folder / f"{stem}-{number}{suffix}"
    return path


def unwritable(path: Path, error: OSError | RuntimeError) -> Unwritable:
    """The error for a place that can't be written: says whether the disk is full, or may not be written to."""
    if isinstance(error, OSError):
        code = error.errno
        if code in (errno.ENOSPC, errno.EDQUOT) or (code is None and is_full(path)):
            return Unwritable(f"{path}: can't be written, the disk is full; make room, or name another place")
        if code == errno.EROFS:
            return Unwritable(f"{path}: can't be written, the disk is read-only; name another place")
        if code in (errno.EACCES, errno.EPERM):
            return Unwritable(f"{path}: can't be written ({error.strerror}); name a place that you may write to")
        return Unwritable(f"{path}: can't be written ({error.strerror or 'the disk fails'})")
    full = is_full(path)
    way_on = "the disk is full; make room, or name another place" if full else "the disk or its file system fails"
    return Unwritable(f"{path}: can't be written, {way_on}")


def is_full(path: Path) -> bool:
    """Whether the disk that `path` is on has no room left, for libraries that don't say why they couldn't write."""
    place = next((folder for folder in (path, *path.parents) if folder.exists()), Path("/"))
    with contextlib.suppress(OSError):
        return shutil.disk_usage(place).free < LITTLE_BYTES
    return False


def remove_leftovers(folder: Path) -> None:
    """Removes what processes that were killed while they wrote left in `folder`; those that live keep theirs."""
    with contextlib.suppress(OSError):
        for path in folder.glob(".*.part*"):
            if CLAIM.fullmatch(path.name):
                with contextlib.suppress(OSError, Timeout), locked(path, 0):
                    pass
            elif (found := PART.fullmatch(path.name)) and not _is_owned(path, found[1], found[2]):
                with contextlib.suppress(OSError):
                    if path.is_dir() and not path.is_symlink():
                        shutil.rmtree(path)
                    else:
                        path.unlink()


def _is_owned(path: Path, machine: str, process: str | None) -> bool:
    """Whether the process that writes it lives; one of another machine is believed to, for a day."""
    if process is None:
        return False
    with contextlib.suppress(OSError, psutil.Error):
        if machine != _machine():
            return time.time() - path.stat().st_mtime < DAY_S
        owner = psutil.Process(int(process))
        # A process that began after the file was is another one, with the same number; one that was killed is there
        # until its parent asks how it ended.
        began_before = owner.create_time() <= path.stat().st_ctime + 1
        return began_before and owner.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    return False


def others_than_unfinished(folder: Path) -> list[Path]:
    """What is in a folder, sorted, but for what is being written, or was when a process was killed."""
    unknown = (path for path in folder.iterdir() if not PART.fullmatch(path.name) and not CLAIM.fullmatch(path.name))
    return sorted(unknown)


def unfinished(path: Path, suffix: str = "") -> Path:
    """A new name beside `path` for what is going to take its place."""
    stem = path.name.removesuffix(suffix) if suffix else path.name
    return path.parent / f".{stem}.{_machine()}{secrets.token_hex(2)}.{os.getpid()}.part{suffix}"


def _machine() -> str:
    return f"{zlib.crc32(platform.node().encode()) & 0xFFFF:04x}"


@contextlib.contextmanager
def holding(path: Path) -> Iterator[None]:
    """While it lasts no other process, and no other thread, writes `path`, a file or a folder.

    What killed processes left beside it is removed; after an error so are the folders that were made for it.

    Raises:
        UserError: it is being written already, or its place can't be written.
    """
    path = Path(path)
    path = path.resolve() if path.is_symlink() else path
    require_named(path)
    if not path.is_dir():
        check_place(path)
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(folder_made(path.parent))
            remove_leftovers(path.parent)
            held.enter_context(locked(path.with_name(f".{path.name}.claim.part")))
        except Timeout as error:
            raise UserError(
                f"{path}: is being written by another command; wait for its end, or name another place"
            ) from error
        except OSError as error:
            raise unwritable(path, error) from error
        yield


@contextlib.contextmanager
def locked(path: Path, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Has the lock of the file `path`, which is made; the system gives it back when the process is killed.

    Raises:
        Timeout: another has it, for longer than `patience_s`.
        OSError: the file can't be made.
    """
    lock = FileLock(path, is_singleton=False)
    try:
        lock.acquire(timeout=patience_s)
    except Timeout:
        # It waits, too, where no file can be made at all.
        path.touch()
        raise
    except (OSError, NotImplementedError) as error:
        if isinstance(error, OSError) and error.errno not in NO_LOCKS:
            raise
    try:
        yield
    finally:
        # While it is locked: who opened it meanwhile finds out that it is gone, and makes a new one.
        with contextlib.suppress(OSError):
            path.unlink()
        lock.release()


@contextlib.contextmanager
def folder_made(folder: Path) -> Iterator[None]:
    """Makes a folder and those that it lies in; after an error those that it made and that are empty are removed."""
    new = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for place in new:
            with contextlib.suppress(OSError):
                place.rmdir()
        raise


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a temporary path beside `path` to write to; on success it takes `path`'s place, else it is removed.

    Raises:
        UserError: the folder or disk can't take it (the old file is untouched).
    """
    path = Path(path)
    try:
        check_place(path)
        # What a link leads to is replaced, not the link.
        path = path.resolve() if path.is_symlink() else path
        with folder_made(path.parent), _unfinished_file(path) as temporary:
            mode = (path if path.exists() else temporary).stat().st_mode
            yield temporary
            # Some writers (safetensors) put a private file in its place; what a user saves follows the umask.
            temporary.chmod(mode)
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error


@contextlib.contextmanager
def _unfinished_file(path: Path) -> Iterator[Path]:
    """An empty file beside `path`, which is removed at the end if it is still there."""
    # The suffix is kept: encoders choose the container by it.
    temporary = unfinished(path, path.suffix)
    try:
        temporary.touch(exist_ok=False)
        yield temporary
    finally:
        # On a disk that can't be written there is none, and no reason to hide what went wrong.
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
