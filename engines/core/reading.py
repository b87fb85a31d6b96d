"""Files of unknown origin: whatever is wrong with one is a line that names it, and never more than a line.

Readers say in their own words what they look for. What they don't expect, and what the libraries below them raise for
bytes that no program wrote, is caught at the doors (`reading`), so that a new reader needs no list of exceptions.
"""

from __future__ import annotations

import binascii
import contextlib
import json
import reprlib
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import yaml

from engines.core.camera import Array
from engines.core.errors import Cancelled, UserError

MOST_QUOTED = 100
"""Characters of a file that an error repeats."""
MOST_NAMED = 3
"""Of many photographs that something is said of; the others are counted."""
MOST_TEXT_BYTES = 256 * 2**20
"""Cameras of a million photographs take less; a device has no end."""
MOST_ARRAY_BYTES = 2 * 2**30
"""Of all arrays in an archive, unpacked: a small file can claim anything."""

OWN_PACKAGES = ("engines.", "app.")
CUT_SHORT = (zlib.error, zipfile.BadZipFile, EOFError, struct.error, binascii.Error, tokenize.TokenError, SyntaxError)
OUR_FAULTS = (AssertionError, ImportError, NameError)
"""What no content of a file brings about."""

_brief = reprlib.Repr()
_brief.maxstring = _brief.maxother = _brief.maxlong = 60
_brief.maxlevel, _brief.maxdict, _brief.maxlist, _brief.maxtuple, _brief.maxset = 2, 3, 6, 6, 6


def shortened(text: object, most: int = MOST_QUOTED) -> str:
    """Text on one line, without signs that can't be printed, cut to `most` characters."""
    # Cut before it is gone through: it may be megabytes.
    whole = str(text)
    words = " ".join(whole[: 4 * most].split())
    words = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in words)
    return words if len(words) <= most and len(whole) <= 4 * most else words[: most - 1].rstrip() + "…"


def counted(count: int, what: str) -> str:
    """`1 photograph`, `2 photographs`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def naming(names: Sequence[str]) -> str:
    """A few names, and how many more there are."""
    more = len(names) - MOST_NAMED
    shown = ", ".join(names[:MOST_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown


def quoted(value: object) -> str:
    """A value out of a file as Python writes it, nested ones and long ones only in part."""
    try:
        return shortened(_brief.repr(value))
    # Of a whole number with thousands of digits Python refuses to make text.
    except (ValueError, RecursionError):
        return f"a {type(value).__name__}"


@contextlib.contextmanager
def reading(path: Path, wrong: str = "is damaged, or not what its name says") -> Iterator[None]:
    """Makes what goes wrong with a file of unknown origin a `UserError` that names it.

    Only around what looks at the file's content: what is our own fault would be taken for the file's.

    Args:
        path: the file; or a folder, of whose files the one is named that was being read.
        wrong: what is said of it then, before the reason in brackets.

    Raises:
        UserError: begins with the file's path.
    """
    try:
        yield
    except (UserError, Cancelled, *OUR_FAULTS):
        raise
    except Exception as error:
        # The device's memory; torch is not imported only to name its error.
        if type(error).__name__ == "OutOfMemoryError":
            raise
        file = _file_within(path, error.__traceback__)
        if isinstance(error, OSError) and (error.filename or error.errno):
            name = error.filename if isinstance(error.filename, str) else file
            raise UserError(f"{shortened(name, 1000)}: can't be read ({why_not(error)})") from error
        reason = _reason(error)
        raise UserError(f"{file}: {wrong}{f' ({reason})' if reason else ''}") from error


@contextlib.contextmanager
def concerning(path: Path) -> Iterator[None]:
    """Puts a file before an error that concerns its content and doesn't know where that comes from.

    Raises:
        UserError: begins with the file's path.
    """
    try:
        yield
    except UserError as error:
        if str(path) in str(error):
            raise
        raise type(error)(f"{path}: {error}") from error


def why_not(error: OSError) -> str:
    """What the system says of a file, in a few words."""
    return shortened(error.strerror or error)


def _file_within(path: Path, traceback: TracebackType | None) -> Path:
    """The file that was being read when an exception was raised: the innermost that a function knew by a path."""
    found = path
    if not path.is_dir():
        return found
    while traceback is not None:
        for value in traceback.tb_frame.f_locals.values():
            if isinstance(value, Path) and path in value.parents and value.is_file():
                found = value
        traceback = traceback.tb_next
    return found


def _reason(error: Exception) -> str:
    """In words of the file's, not of the library's that stumbled over it; "" where there are none."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "allocate memory" in str(error)):
        return "it claims to hold more than there is memory for"
    if isinstance(error, CUT_SHORT):
        return "its bytes are cut short or changed"
    if isinstance(error, UnicodeError):
        return "its text is not UTF-8"
    if isinstance(error, ArithmeticError):
        return "a number in it is too large"
    if isinstance(error, KeyError) and error.args:
        return f"it lacks {quoted(error.args[0])}"
    if isinstance(error, json.JSONDecodeError | yaml.YAMLError):
        return shortened(error)
    return shortened(error) if isinstance(error, ValueError) and _is_our_word(error.__traceback__) else ""


def _is_our_word(traceback: TracebackType | None) -> bool:
    """Whether an exception was raised by a module of this program."""
    name = ""
    while traceback is not None:
        name = str(traceback.tb_frame.f_globals.get("__name__", ""))
        traceback = traceback.tb_next
    return name.startswith(OWN_PACKAGES)


def require_file(path: Path, most_bytes: int | None = None) -> None:
    """Before a file is read whole: a pipe is waited for without end, and a device has none.

    Raises:
        UserError: missing, not a plain file, or larger than `most_bytes`.
    """
    try:
        if not path.is_file():
            folder = " (it is a folder)" if path.is_dir() else ""
            there = not folder and path.exists()
            raise UserError(f"{path}: {'is not a plain file' if there else 'no such file'}{folder}")
        size = path.stat().st_size
    # A name with a NUL in it is a ValueError; one that is too long an OSError.
    except (OSError, ValueError) as error:
        why = why_not(error) if isinstance(error, OSError) else "its name is none that a file can have"
        raise UserError(f"{shortened(path, 1000)}: can't be read ({why})") from error
    if most_bytes is not None and size > most_bytes:
        raise UserError(f"{path}: has {size / 1e6:,.0f} MB; at most {most_bytes / 1e6:,.0f} MB are read of such a file")


def read_bytes(path: Path, most_bytes: int = MOST_TEXT_BYTES) -> bytes:
    """A file's content.

    Raises:
        UserError: missing, not a plain file, too large, or can't be read.
    """
    if not path.exists():
        raise UserError(f"{shortened(path, 1000)}: can't be read (no such file)")
    require_file(path, most_bytes)
    with reading(path):
        return path.read_bytes()


def read_text(path: Path) -> str:
    """A text file's content; a mark of the byte order at its beginning is left out.

    Raises:
        UserError: missing, not a plain file, too large, or not UTF-8.
    """
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: can't be read as text (it is not UTF-8)") from error


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        UserError: as `read_text`; or not JSON.
    """
    with reading(path, "can't be read as JSON"):
        return json.loads(read_text(path))


def read_npy(path: Path) -> Array:
    """The array of a `.npy` file; nothing in it is executed.

    Raises:
        UserError: not such a file, or damaged.
    """
    require_file(path, MOST_ARRAY_BYTES)
    # Opened here: numpy leaves a file that it refuses open.
    with reading(path, "can't be read as numbers"), path.open("rb") as file:
        loaded = np.load(file, allow_pickle=False)
        if not isinstance(loaded, np.ndarray):
            loaded.close()
            raise UserError(f"{path}: holds several arrays; a .npy file holds one")
        return loaded


def npz_names(path: Path) -> list[str]:
    """The names of the arrays in a `.npz` archive.

    Raises:
        UserError: not such a file, or damaged.
    """
    require_file(path)
    with reading(path, "can't be read as .npz"), path.open("rb") as file, zipfile.ZipFile(file) as archive:
        return [name.removesuffix(".npy") for name in archive.namelist()]


def read_npz(path: Path) -> Mapping[str, Array]:
    """The arrays of a `.npz` archive, by name; nothing in it is executed.

    Raises:
        UserError: not such a file, damaged, or far larger than it looks.
    """
    require_file(path)
    with reading(path, "can't be read as .npz"), path.open("rb") as file:
        with zipfile.ZipFile(file) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > MOST_ARRAY_BYTES:
            raise UserError(f"{path}: claims to hold {size / 1e6:,.0f} MB; {MOST_ARRAY_BYTES / 1e6:,.0f} MB are read")
        file.seek(0)
        with np.load(file, allow_pickle=False) as arrays:
            return {name: np.asarray(arrays[name]) for name in arrays.files}
