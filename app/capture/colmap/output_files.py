"""Puts what was found into the user's folder: nothing of his is replaced unasked, and nothing is lost in between.

What stood there is first renamed into `replaced/` of the work folder, then the new takes its place. A folder that was
left between the two has its old files back at the next start. What the user had stays in `replaced/`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from engines.core.errors import Unwritable, UserError
from engines.core.files import folder_made, replacing, unwritable

POINTS = "sparse_pc.ply"
"""As nerfstudio calls it."""
TARGETS = ("sparse/0", POINTS, "transforms.json", "poses_bounds.npy")
WRITTEN, REPLACED, PENDING = "written.json", "replaced", "pending"


@contextlib.contextmanager
def taken_back(work: Path) -> Iterator[None]:
    """Takes away a work folder that was made now where there is no room for what belongs in it."""
    is_new = not work.exists()
    try:
        with folder_made(work):
            yield
    except Unwritable:
        # What the user had is the last to go.
        if is_new and not any(path.is_file() for path in (work / REPLACED).rglob("*")):
            shutil.rmtree(work, ignore_errors=True)
        raise


def not_ours(folder: Path, work: Path) -> tuple[Path, ...]:
    """What stands where cameras are written, and was not written by an earlier attempt, or was changed since."""
    known = _written(work)
    there = [name for name in TARGETS if os.path.lexists(folder / name)]
    return tuple(folder / name for name in there if _content(folder / name) not in known.get(name, ()))


def check_places(folder: Path, work: Path, overwrite: bool) -> None:
    """Says before the work begins what it would replace.

    Raises:
        UserError: something that is not ours, and `overwrite` was not said.
    """
    recover(folder, work)
    if not overwrite and (there := not_ours(folder, work)):
        names = ", ".join(path.relative_to(folder).as_posix() for path in there)
        raise UserError(
            f"{folder}: has {names} already, not written by this command; --overwrite replaces what is there "
            f"(the old is kept in {work.name}/{REPLACED})"
        )


def recover(folder: Path, work: Path) -> None:
    """Puts back what an attempt that was killed had renamed, and not replaced yet."""
    pending = work / REPLACED / PENDING
    for name in TARGETS:
        old = pending / _flat(name)
        if os.path.lexists(old) and not os.path.lexists(folder / name):
            try:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                old.rename(folder / name)
            except OSError as error:
                raise UserError(f"{folder / name}: can't be put back ({error.strerror})") from error
    if pending.is_dir():
        _keep(pending)


def put_in_place(folder: Path, work: Path, made: Mapping[str, Path], overwrite: bool) -> tuple[Path, ...]:
    """Each of `made` (a name of `TARGETS` -> where it was written, on the same disk) takes its place in `folder`.

    Targets that are not made are taken away, since they would say something else. Returns what was written.

    Raises:
        UserError: something that is not ours came in between, or the disk refuses.
    """
    check_places(folder, work, overwrite)
    theirs = not_ours(folder, work)
    pending = work / REPLACED / PENDING
    try:
        pending.mkdir(parents=True, exist_ok=True)
        with replacing(work / WRITTEN) as temporary:
            # Before the swap, beside what is known already: whichever stands there after a kill is known as ours.
            known = _written(work)
            for name, path in made.items():
                known[name] = [*known.get(name, [])[-1:], _content(path)]
            temporary.write_text(json.dumps(known), encoding="utf-8")
        for name in TARGETS:
            if os.path.lexists(folder / name):
                (folder / name).rename(pending / _flat(name))
            if name in made:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                made[name].rename(folder / name)
    except OSError as error:
        recover(folder, work)
        raise unwritable(Path(error.filename or folder), error) from error
    if theirs:
        _keep(pending)
    else:
        shutil.rmtree(pending, ignore_errors=True)
        with contextlib.suppress(OSError):
            pending.parent.rmdir()
    return tuple(folder / name for name in TARGETS if name in made)


def _written(work: Path) -> dict[str, list[str]]:
    """Contents that this command wrote last, by target."""
    try:
        known = json.loads((work / WRITTEN).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return {k: v for k, v in known.items() if isinstance(v, list)} if isinstance(known, dict) else {}


def _keep(pending: Path) -> None:
    """Names the replaced files by a number, so that the next ones don't take their place."""
    if not any(pending.iterdir()):
        pending.rmdir()
        return
    numbers = [int(path.name) for path in pending.parent.iterdir() if path.name.isdecimal()]
    pending.rename(pending.with_name(str(max(numbers, default=0) + 1)))


def _flat(name: str) -> str:
    return name.replace("/", "-")


def _content(path: Path) -> str:
    """What is known again: names and bytes of a file, or of all below a folder."""
    digest = hashlib.sha256()
    for file in _files(path):
        digest.update(f"{file.relative_to(path).as_posix()}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as stream:
            while block := stream.read(2**20):
                digest.update(block)
    return digest.hexdigest()


def _files(path: Path) -> Sequence[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path][: path.is_file()]
