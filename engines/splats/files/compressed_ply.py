"""`.compressed.ply` of PlayCanvas: chunks of 256 splats, whose places, scales and colours are fractions of the chunk's.

An element `chunk` has the chunks' least and largest, `vertex` four words of 32 bits: a place and a scale in 11, 10 and
11 bits, a rotation by the three smaller numbers in 10 bits each, colour and opacity in 8 each; `sh` a byte for each
harmonic above the constant, in -4 to 4, by channel.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engines.core.camera import Array
from engines.core.errors import UserError
from engines.core.formats.ply_header import BYTE_ORDERS, LONGEST_HEADER, PlyElement, PlyHeader, read_header
from engines.splats.files.content import SplatContent, empty, require_bytes
from engines.splats.files.encodings import constants_of, logits_of_bytes, with_largest

CHUNK = 256
PACKED = ("packed_position", "packed_rotation", "packed_scale", "packed_color")
PLACE_BOUNDS = ("min_x", "min_y", "min_z", "max_x", "max_y", "max_z")
SCALE_BOUNDS = tuple(f"{which}_scale_{axis}" for which in ("min", "max") for axis in "xyz")
COLOUR_BOUNDS = tuple(f"{which}_{channel}" for which in ("min", "max") for channel in "rgb")
DEGREES = {9: 1, 24: 2, 45: 3}


def is_compressed(header: PlyHeader) -> bool:
    """Whether a PLY file says that it is one."""
    vertex = header.element("vertex")
    return vertex is not None and set(PACKED) <= set(vertex.names) and header.element("chunk") is not None


def read_compressed(path: Path) -> SplatContent:
    """Reads a file.

    Raises:
        UserError: not such a file, or less in it than its header says.
    """
    with path.open("rb") as file:
        header = read_header(path, file.read(LONGEST_HEADER))
        count, degree = _checked(path, header)
        splats = empty(path, count, degree)
        file.seek(header.length)
        tables = {}
        for element in header.elements:
            row = header.row(element)
            tables[element.name] = np.frombuffer(file.read(row.itemsize * element.count), row, element.count)
    chunks, vertices = tables["chunk"], tables["vertex"]
    chunk_of = np.arange(count) // CHUNK
    splats.positions[:] = _within(chunks, PLACE_BOUNDS, _of_11_10_11(vertices["packed_position"]), chunk_of)
    splats.log_scales[:] = _within(chunks, SCALE_BOUNDS, _of_11_10_11(vertices["packed_scale"]), chunk_of)
    splats.quaternions[:] = _rotations(vertices["packed_rotation"])
    packed = vertices["packed_color"].astype("<u4").view(np.uint8).reshape(count, 4)
    colours = packed[:, :0:-1].astype(np.float32) / 255
    if set(COLOUR_BOUNDS) <= set(chunks.dtype.names or ()):
        colours = _within(chunks, COLOUR_BOUNDS, colours, chunk_of)
    splats.harmonics[:, 0] = constants_of(colours)
    splats.opacity_logits[:] = logits_of_bytes(packed[:, 0])
    if degree:
        _fill_harmonics(splats.harmonics, tables["sh"])
    return SplatContent(splats)


def _checked(path: Path, header: PlyHeader) -> tuple[int, int]:
    """How many splats there are, and their degree."""
    elements = {element.name: element for element in header.elements}
    chunk, vertex, harmonics = elements["chunk"], elements["vertex"], elements.get("sh", PlyElement("sh", 0, ()))
    if header.form not in BYTE_ORDERS or any(element.has_lists for element in header.elements):
        raise UserError(f"{path}: is compressed, and neither in text nor with lists can that be read")
    if lacking := [name for name in (*PLACE_BOUNDS, *SCALE_BOUNDS) if name not in chunk.names]:
        raise UserError(f"{path}: its chunks have no {lacking[0]}")
    if any(kind not in ("uint", "uint32") for kind, name in vertex.properties if name in PACKED):
        raise UserError(f"{path}: its packed numbers are no whole ones of 32 bits")
    if vertex.count < 0 or chunk.count != -(-vertex.count // CHUNK):
        raise UserError(f"{path}: has {chunk.count} chunks for {vertex.count} splats; there is one for {CHUNK}")
    rest = [f"f_rest_{index}" for index in range(len(harmonics.names))]
    if rest and (len(rest) not in DEGREES or harmonics.names != rest or harmonics.count != vertex.count):
        raise UserError(f"{path}: has {len(rest)} harmonics of {harmonics.count} splats; 9, 24 or 45 of all are read")
    if any(kind not in ("uchar", "uint8") for kind, _ in harmonics.properties):
        raise UserError(f"{path}: its harmonics are no bytes")
    needed = sum(header.row(element).itemsize * max(element.count, 0) for element in header.elements)
    require_bytes(path, vertex.count, needed, path.stat().st_size - header.length)
    return vertex.count, DEGREES.get(len(rest), 0)


def _of_11_10_11(words: Array) -> Array:
    """[N, 3] in [0, 1] float32."""
    parts = [
        (words >> 21) / np.float32(2047),
        (words >> 11 & 1023) / np.float32(1023),
        (words & 2047) / np.float32(2047),
    ]
    return np.stack(parts, axis=1).astype(np.float32)


def _within(chunks: Array, bounds: tuple[str, ...], at: Array, chunk_of: Array) -> Array:
    """[N, 3] what lies at `at` [N, 3] between the bounds of the chunks [N] of the splats."""
    low = np.stack([chunks[name] for name in bounds[:3]], axis=1).astype(np.float32)[chunk_of]
    high = np.stack([chunks[name] for name in bounds[3:]], axis=1).astype(np.float32)[chunk_of]
    # Not low + at (high - low): at 1 it is to be the bound itself.
    return np.asarray(low * (1 - at) + high * at)


def _rotations(words: Array) -> Array:
    """[N, 4] w x y z."""
    others = np.stack([words >> shift & 1023 for shift in (20, 10, 0)], axis=1)
    return with_largest(words >> 30, (others / np.float32(1023) - np.float32(0.5)) * np.float32(np.sqrt(2)))


def _fill_harmonics(harmonics: Array, table: Array) -> None:
    """Fills [N, K, 3] but the constant with values of bytes, of which 0 and 255 are the ends."""
    count = harmonics.shape[1] - 1
    values = (np.arange(256) + 0.5) / 256
    values[[0, 255]] = 0, 1
    decoded = ((values - 0.5) * 8).astype(np.float32)
    packed = table.view(np.uint8).reshape(len(table), 3, count)
    harmonics[:, 1:] = decoded[packed].swapaxes(1, 2)
