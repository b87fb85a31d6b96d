"""What stands before the numbers of a PLY file: which elements there are, how many, and their properties."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines.core.errors import UserError
from engines.core.reading import quoted

KINDS = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1",
    "short": "i2", "int16": "i2", "ushort": "u2", "uint16": "u2",
    "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip
BYTE_ORDERS = {"binary_little_endian": "<", "binary_big_endian": ">"}
ASCII = "ascii"
LONGEST_HEADER = 65536
"""Bytes."""


@dataclass(frozen=True)
class PlyElement:
    """One of the file's tables.

    Attributes:
        name: such as `vertex`.
        count: of rows.
        properties: (kind, name) of each number of a row.
        has_lists: whether its rows hold what is no number besides, and differ in length.
    """

    name: str
    count: int
    properties: tuple[tuple[str, str], ...]
    has_lists: bool = False

    @property
    def names(self) -> list[str]:
        """The names of the numbers of a row."""
        return [name for _, name in self.properties]


@dataclass(frozen=True)
class PlyHeader:
    """What a file says of itself.

    Attributes:
        length: of the header, bytes.
        form: `ascii` or one of `BYTE_ORDERS`.
        elements: in the order in which they follow.
        comments: without the word.
    """

    length: int
    form: str
    elements: tuple[PlyElement, ...]
    comments: tuple[str, ...] = ()

    def element(self, name: str) -> PlyElement | None:
        """The first element of that name."""
        return next((element for element in self.elements if element.name == name), None)

    def row(self, element: PlyElement) -> np.dtype[np.void]:
        """A row of an element without lists, in a binary file."""
        order = BYTE_ORDERS[self.form]
        return np.dtype([(name, order + KINDS[kind]) for kind, name in element.properties])


def is_ply(start: bytes) -> bool:
    """Whether a file that begins so says that it is one."""
    return start[:4] in (b"ply\n", b"ply\r")


def read_header(path: Path, start: bytes) -> PlyHeader:
    """The header of a file.

    Args:
        path: for messages.
        start: its first `LONGEST_HEADER` bytes, or all.

    Raises:
        UserError: it has none.
        ValueError: a count is no number.
    """
    end = start.find(b"end_header")
    line_end = start.find(b"\n", end)
    if not start.startswith(b"ply") or end < 0 or line_end < 0:
        raise UserError(f"{path}: is no PLY file")
    form, comments, elements = "", list[str](), list[PlyElement]()
    for words in (line.split() for line in start[:end].decode("ascii", "replace").splitlines()):
        if words[:1] == ["format"] and len(words) > 1:
            form = words[1]
        elif words[:1] == ["comment"]:
            comments.append(" ".join(words[1:]))
        elif words[:1] == ["element"] and len(words) == 3:
            elements.append(PlyElement(words[1], int(words[2]), ()))
        elif words[:1] == ["property"] and elements:
            elements[-1] = _with_property(elements[-1], words)
    if form not in (ASCII, *BYTE_ORDERS):
        raise UserError(f"{path}: is of the form {quoted(form)}; PLY files are {', '.join((ASCII, *BYTE_ORDERS))}")
    return PlyHeader(line_end + 1, form, tuple(elements), tuple(comments))


def _with_property(element: PlyElement, words: list[str]) -> PlyElement:
    if len(words) != 3 or words[1] not in KINDS:
        return PlyElement(element.name, element.count, element.properties, has_lists=True)
    return PlyElement(element.name, element.count, (*element.properties, (words[1], words[2])), element.has_lists)
