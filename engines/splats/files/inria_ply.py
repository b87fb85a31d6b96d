"""`.ply` of 3D Gaussian Splatting (Inria), as all trainers write it.

A float for each of `x y z f_dc_0..2 f_rest_0..n opacity scale_0..2 rot_0..3`, as trained; in any order and of any kind,
and whatever stands between is passed over (normals, which are 0). Harmonics above the constant go by channel: all of
red, then green, then blue. Without `scale_2` these are 2-D Gaussians. A comment of `mip` says that it was trained with
Mip-Splatting's filter (`SplatRenderMode: mip`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from engines.core.camera import Array
from engines.core.errors import UserError
from engines.core.formats.ply_header import ASCII, LONGEST_HEADER, PlyElement, PlyHeader, read_header
from engines.core.reading import naming
from engines.splats.files.content import SplatContent, empty, require_bytes
from engines.splats.splats import Splats

PLACES = ("x", "y", "z")
COLOURS = ("f_dc_0", "f_dc_1", "f_dc_2")
ROTATIONS = ("rot_0", "rot_1", "rot_2", "rot_3")
NEEDED = (*PLACES, *COLOURS, "opacity", "scale_0", "scale_1", *ROTATIONS)
BLOCK_BYTES = 2**21
"""Of rows that are read and taken apart at once: they stay in the processor's cache."""
MOST_THREADS = 8
"""More do not read faster: memory is what they wait for."""
REST = "f_rest_"


def read_inria(path: Path) -> SplatContent:
    """Reads a file.

    Raises:
        UserError: not such a file, or less in it than its header says.
    """
    with path.open("rb") as file:
        header = read_header(path, file.read(LONGEST_HEADER))
    vertex = header.elements[0] if header.elements else PlyElement("vertex", 0, ())
    if (lacking := lacking_of(vertex)) or vertex.has_lists:
        raise UserError(f"{path}: {described(header)}, not Gaussian splats: no {naming(lacking) or 'plain numbers'}")
    degree = _degree(path, vertex)
    # A number of text takes a digit and a space.
    row = header.row(vertex).itemsize if header.form != ASCII else 2 * len(vertex.properties)
    require_bytes(path, vertex.count, max(vertex.count, 0) * row, path.stat().st_size - header.length)
    mip = any("mip" in comment.lower().replace(":", " ").split() for comment in header.comments)
    splats = empty(path, max(vertex.count, 0), degree, flat="scale_2" not in vertex.names, antialiased=mip)
    columns = _Columns(vertex, splats)
    if header.form == ASCII:
        with path.open("rb") as file:
            file.seek(header.length)
            table = np.loadtxt(file, np.float32, comments=None, max_rows=vertex.count, ndmin=2)
        if table.shape != (vertex.count, len(vertex.properties)):
            raise UserError(f"{path}: has {len(table)} lines of the {vertex.count} that its header says")
        columns.fill(table, 0)
    else:
        _read_rows(path, header, vertex, columns)
    return SplatContent(splats)


def lacking_of(vertex: PlyElement) -> list[str]:
    """The properties of splats that a file's vertices do not have."""
    return [name for name in NEEDED if name not in vertex.names]


def described(header: PlyHeader) -> str:
    """What a file that holds no splats is."""
    faces, vertices = header.element("face"), header.element("vertex")
    if faces is not None and faces.count > 0:
        return f"a mesh of {faces.count} faces"
    return f"a cloud of {vertices.count if vertices is not None else 0} points"


def _degree(path: Path, vertex: PlyElement) -> int:
    rest = [name for name in vertex.names if name.startswith(REST)]
    degrees = {3 * ((degree + 1) ** 2 - 1): degree for degree in range(5)}
    if len(rest) not in degrees or {f"{REST}{index}" for index in range(len(rest))} != set(rest):
        allowed = ", ".join(str(count) for count in degrees)
        raise UserError(f"{path}: has {len(rest)} properties f_rest_...; harmonics of degrees 0 to 4 are {allowed}")
    return degrees[len(rest)]


class _Columns:
    """Where the numbers of a row go."""

    def __init__(self, vertex: PlyElement, splats: Splats) -> None:
        self.names, self.splats = vertex.names, splats
        count = splats.harmonics.shape[1] - 1
        self.scales = self._of(["scale_0", "scale_1", "scale_2"][: splats.log_scales.shape[1]])
        self.places, self.colours, self.rotations = self._of(PLACES), self._of(COLOURS), self._of(ROTATIONS)
        self.opacity = self.names.index("opacity")
        self.rest = self._of([f"{REST}{index}" for index in range(3 * count)])

    def _of(self, names: Sequence[str]) -> slice | list[int]:
        """Their columns in a row, side by side where they are: no row is copied then."""
        found = [self.names.index(name) for name in names]
        together = found == list(range(found[0], found[0] + len(found))) if found else False
        return slice(found[0], found[0] + len(found)) if together else found

    def fill(self, table: Array, start: int) -> None:
        """Takes rows [B, W] apart, the first of which is the splat `start`."""
        rows, splats = slice(start, start + len(table)), self.splats
        splats.positions[rows] = table[:, self.places]
        splats.log_scales[rows] = table[:, self.scales]
        splats.quaternions[rows] = table[:, self.rotations]
        splats.opacity_logits[rows] = table[:, self.opacity]
        splats.harmonics[rows, 0] = table[:, self.colours]
        # By channel, then by coefficient.
        for channel, rest in enumerate(np.split(table[:, self.rest], 3, axis=1)):
            splats.harmonics[rows, 1:, channel] = rest


def _read_rows(path: Path, header: PlyHeader, vertex: PlyElement, columns: _Columns) -> None:
    """Reads binary rows, in parallel: each thread its own, into memory that is used again for each block.

    Not mapped: the pages of a map are counted as this process's, and with the arrays they are twice the file.
    """
    row = header.row(vertex)
    plain = all(row[name] == np.dtype("<f4") for name in vertex.names)
    wanted = row.names or ()
    block = max(1, BLOCK_BYTES // row.itemsize)
    threads = min(MOST_THREADS, os.cpu_count() or 1, -(-vertex.count // block))

    def read(thread: int) -> None:
        memory = np.empty(block, row)
        with path.open("rb", buffering=0) as file:
            for start in range(thread * block, vertex.count, threads * block):
                part = memory[: vertex.count - start]
                file.seek(header.length + start * row.itemsize)
                if file.readinto(part.view(np.uint8)) != part.nbytes:  # type: ignore[arg-type]
                    raise UserError(f"{path}: became shorter while it was read")
                if plain:
                    table = part.view(np.float32).reshape(len(part), len(wanted))
                else:
                    table = np.stack([part[name].astype(np.float32) for name in wanted], axis=1)
                columns.fill(table, start)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(read, range(threads)))


def write_inria(path: Path, content: SplatContent) -> list[str]:
    """Writes a file as the authors do, without normals; nothing of the splats is lost."""
    splats = content.splats
    count = splats.harmonics.shape[1] - 1
    scales = [f"scale_{axis}" for axis in range(splats.log_scales.shape[1])]
    names = [*PLACES, *COLOURS, *(f"{REST}{index}" for index in range(3 * count)), "opacity", *scales, *ROTATIONS]
    lines = ["ply", "format binary_little_endian 1.0", *(["comment SplatRenderMode: mip"] * splats.antialiased)]
    lines += [f"element vertex {len(splats)}", *(f"property float {name}" for name in names), "end_header"]
    block = max(1, BLOCK_BYTES // (4 * len(names)))
    with path.open("wb") as file:
        file.write("".join(line + "\n" for line in lines).encode("ascii"))
        for start in range(0, len(splats), block):
            rows = slice(start, start + block)
            rest = splats.harmonics[rows, 1:].swapaxes(1, 2).reshape(len(splats.positions[rows]), 3 * count)
            parts = (
                splats.positions[rows], splats.harmonics[rows, 0], rest, splats.opacity_logits[rows, None],
                splats.log_scales[rows], splats.quaternions[rows],
            )  # fmt: skip
            file.write(np.concatenate(parts, axis=1).astype("<f4", copy=False).tobytes())
    return []
