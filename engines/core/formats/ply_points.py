"""Sparse points in a PLY file: x, y and z of its vertices, in text or binary; what else is in it is passed over.

Written are points with colours, binary, as nerfstudio keeps them beside `transforms.json`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines.core.camera import LARGEST, Array
from engines.core.errors import UserError
from engines.core.files import replacing
from engines.core.reading import MOST_ARRAY_BYTES, reading, require_file, shortened

KINDS = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1",
    "short": "i2", "int16": "i2", "ushort": "u2", "uint16": "u2",
    "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip
BYTE_ORDERS = {"binary_little_endian": "<", "binary_big_endian": ">"}
LONGEST_HEADER = 65536
"""Bytes."""


@dataclass(frozen=True)
class _Header:
    """What stands before the points.

    Attributes:
        length: of itself, bytes.
        form: `ascii` or one of `BYTE_ORDERS`.
        count: of vertices.
        properties: (kind, name) of each number of a vertex.
    """

    length: int
    form: str
    count: int
    properties: tuple[tuple[str, str], ...]


def read_points(path: Path) -> Array:
    """[N, 3] float64, those that are finite.

    Raises:
        UserError: no such file, damaged, or without places.
    """
    require_file(path, MOST_ARRAY_BYTES)
    with reading(path), path.open("rb") as file:
        header = _header(path, file.read(LONGEST_HEADER))
        names = [name for _, name in header.properties]
        file.seek(header.length)
        if header.form == "ascii":
            lines = [file.readline().split()[: len(names)] for _ in range(header.count)]
            table = np.array(lines, dtype=np.float64).reshape(header.count, len(names))
            points = table[:, [names.index(axis) for axis in "xyz"]]
        else:
            order = BYTE_ORDERS[header.form]
            kind = np.dtype([(name, order + KINDS[each]) for each, name in header.properties])
            data = file.read(kind.itemsize * header.count)
            vertices = np.frombuffer(data, kind, header.count)
            points = np.stack([vertices[axis].astype(np.float64) for axis in "xyz"], axis=1)
    return np.asarray(points[(np.abs(points) < LARGEST).all(axis=1)])


def write_points(path: Path, points: Array, colours: Array) -> None:
    """Writes points [N, 3] with colours [N, 3] uint8, atomically.

    Raises:
        UserError: the place can't be written.
    """
    places, shades = ("x", "y", "z"), ("red", "green", "blue")
    vertices = np.empty(len(points), dtype=[*((name, "<f4") for name in places), *((name, "u1") for name in shades)])
    for values, names in ((points, places), (colours, shades)):
        for at, name in enumerate(names):
            vertices[name] = values[:, at]
    header = [
        "ply",
        "format binary_little_endian 1.0",
        f"element vertex {len(points)}",
        *(f"property float {name}" for name in places),
        *(f"property uchar {name}" for name in shades),
        "end_header",
    ]
    with replacing(path) as temporary:
        temporary.write_bytes("".join(line + "\n" for line in header).encode("ascii") + vertices.tobytes())


def _header(path: Path, start: bytes) -> _Header:
    end = start.find(b"end_header")
    line_end = start.find(b"\n", end)
    if not start.startswith(b"ply") or end < 0 or line_end < 0:
        raise UserError(f"{path}: is no PLY file")
    form, count, properties, element = "", -1, list[tuple[str, str]](), ""
    for words in (line.split() for line in start[:end].decode("ascii", "replace").splitlines()):
        if words[:1] == ["format"] and len(words) > 1:
            form = words[1]
        elif words[:1] == ["element"] and len(words) == 3:
            # Those after the vertices need not be read; those before would have to be.
            if not element and words[1] != "vertex":
                raise UserError(f"{path}: begins with {shortened(words[1], 30)}; points stand first")
            element = words[1]
            count = int(words[2]) if element == "vertex" else count
        elif words[:1] == ["property"] and element == "vertex":
            if len(words) != 3 or words[1] not in KINDS:
                raise UserError(f"{path}: its vertices have a property that is no number")
            properties.append((words[1], words[2]))
    if form not in ("ascii", *BYTE_ORDERS) or count < 0 or not set("xyz") <= {name for _, name in properties}:
        raise UserError(f"{path}: has no vertices with x, y and z")
    return _Header(line_end + 1, form, count, tuple(properties))
