"""Voxels in binvox's files: a header of words, then runs of a value and how often it stands.

Voxels stand along x, then z, then y, which changes fastest. A value that isn't 0 is filled, as in version 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines.core.camera import Array
from engines.core.errors import UserError
from engines.core.reading import reading, require_file, shortened

MOST_SIDE = 1024
MOST_BYTES = 256 * 2**20
MOST_HEADER_BYTES = 4096
MAGIC = b"#binvox"


@dataclass(frozen=True, eq=False)
class Binvox:
    """What a file holds.

    Attributes:
        filled: [n, n, n] bool along x, y, z.
        side: of the whole grid, world units.
        corner: [3] its lowest corner as the file has it.
    """

    filled: Array
    side: float
    corner: Array


def binvox_side(path: Path) -> int:
    """How many voxels it has along each side, by its header alone.

    Raises:
        UserError: it is another kind of file, no cube, or too large.
    """
    require_file(path, MOST_BYTES)
    with reading(path), path.open("rb") as file:
        content = file.read(2 * MOST_HEADER_BYTES)
    return _side(path, _header(path, content)[0].get("dim"))


def read_binvox(path: Path) -> Binvox:
    """Reads a file.

    Raises:
        UserError: it is another kind of file, no cube, too large, or its runs don't fill it.
    """
    require_file(path, MOST_BYTES)
    with reading(path):
        content = path.read_bytes()
    header, at = _header(path, content)
    side = _side(path, header.get("dim"))
    scale, corner = _numbers(path, header, "scale", 1, "1"), _numbers(path, header, "translate", 3, "0 0 0")
    if not scale[0] > 0:
        raise UserError(f"{path}: its scale is {scale[0]:g}; it must be more than 0")
    runs = np.frombuffer(content, dtype=np.uint8, offset=at)
    if len(runs) % 2:
        raise UserError(f"{path}: is damaged: its last run has no length")
    values, lengths = runs[::2], runs[1::2]
    if len(lengths) and lengths.min() == 0:
        raise UserError(f"{path}: is damaged: run {int(lengths.argmin()) + 1} has a length of 0")
    # As int: a sum of bytes would go round.
    if (total := int(lengths.sum(dtype=np.int64))) != side**3:
        raise UserError(f"{path}: is damaged: its runs have {total} voxels, {side}x{side}x{side} are {side**3}")
    filled = np.repeat(values != 0, lengths).reshape(side, side, side)
    return Binvox(np.ascontiguousarray(filled.transpose(0, 2, 1)), float(scale[0]), corner)


def _header(path: Path, content: bytes) -> tuple[dict[str, str], int]:
    """What stands behind each word, and where the runs begin."""
    if not content.startswith(MAGIC):
        raise UserError(f"{path}: is no binvox file: it must begin with {MAGIC.decode()}")
    found, at = dict[str, str](), 0
    while True:
        end = content.find(b"\n", at, at + MOST_HEADER_BYTES)
        if end < 0 or end > MOST_HEADER_BYTES:
            raise UserError(f"{path}: its header has no line data, behind which its voxels stand")
        word, _, behind = content[at:end].decode("ascii", "replace").strip().partition(" ")
        at = end + 1
        if word == "data":
            return found, at
        found[word] = behind


def _side(path: Path, said: str | None) -> int:
    words = (said or "").split()
    if len(words) != 3 or not all(word.isdecimal() and len(word) <= 9 for word in words):
        raise UserError(f"{path}: must say dim and three whole numbers, but says {shortened(said or 'nothing')}")
    side = int(words[0])
    if len(set(map(int, words))) > 1 or not 1 <= side <= MOST_SIDE:
        raise UserError(f"{path}: its grid is {'x'.join(words)}; it must be a cube of at most {MOST_SIDE} a side")
    return side


def _numbers(path: Path, header: dict[str, str], name: str, count: int, usual: str) -> Array:
    said = header.get(name, usual)
    try:
        found = np.array([float(word) for word in said.split()])
    except ValueError:
        found = np.empty(0)
    if found.shape != (count,) or not np.isfinite(found).all():
        raise UserError(f"{path}: {name} must be {count} number{'s' * (count > 1)}, but is {shortened(said)}")
    return found
