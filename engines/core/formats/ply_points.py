"""Sparse points in a PLY file: x, y and z of its vertices, in text or binary; what else is in it is passed over.

Written are points with colours, binary, as nerfstudio keeps them beside `transforms.json`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engines.core.camera import LARGEST, Array
from engines.core.errors import UserError
from engines.core.files import replacing
from engines.core.formats.ply_header import ASCII, LONGEST_HEADER, PlyElement, PlyHeader, read_header
from engines.core.reading import MOST_ARRAY_BYTES, reading, require_file, shortened


def read_points(path: Path) -> Array:
    """[N, 3] float64, those that are finite.

    Raises:
        UserError: no such file, damaged, or without places.
    """
    require_file(path, MOST_ARRAY_BYTES)
    with reading(path), path.open("rb") as file:
        header = read_header(path, file.read(LONGEST_HEADER))
        vertex = _vertices(path, header)
        file.seek(header.length)
        if header.form == ASCII:
            lines = [file.readline().split()[: len(vertex.names)] for _ in range(vertex.count)]
            table = np.array(lines, dtype=np.float64).reshape(vertex.count, len(vertex.names))
            points = table[:, [vertex.names.index(axis) for axis in "xyz"]]
        else:
            kind = header.row(vertex)
            vertices = np.frombuffer(file.read(kind.itemsize * vertex.count), kind, vertex.count)
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


def _vertices(path: Path, header: PlyHeader) -> PlyElement:
    """The points' element, which must be the first: what stands before would have to be read."""
    first = header.elements[0] if header.elements else PlyElement("vertex", -1, ())
    if first.name != "vertex":
        raise UserError(f"{path}: begins with {shortened(first.name, 30)}; points stand first")
    if first.has_lists:
        raise UserError(f"{path}: its vertices have a property that is no number")
    if first.count < 0 or not set("xyz") <= set(first.names):
        raise UserError(f"{path}: has no vertices with x, y and z")
    return first
