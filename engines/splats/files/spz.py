"""`.spz` of Niantic, versions 1 to 4: columns of bytes, packed by gzip as a whole (1 to 3) or by zstd each (4).

Places are fixed point of 24 bits (16-bit floats in version 1), opacities, colours and scales bytes, rotations the three
smaller numbers in 10 bits each (versions 1 and 2: x, y and z in a byte each), harmonics bytes in [-1, 1). By the
format's page the axes are right, up, back; an extension may name others. Programs that copy a `.ply`'s numbers as they
are (SplatTransform, gsply, gaussforge) say nothing of it: only cameras tell their files from others (`spz_axes`).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import zstandard

from engines.core.camera import Array
from engines.core.errors import UserError
from engines.core.reading import read_bytes
from engines.splats.files.axes import UP_BACK, mirrored
from engines.splats.files.content import SplatContent, empty, require_bytes
from engines.splats.files.encodings import logits_of_bytes, opacities_of, with_largest, without_largest
from engines.splats.splats import Splats

MAGIC, GZIP = b"NGSP", b"\x1f\x8b"
HEADER, HEADER_4 = struct.Struct("<4sIIBBBB"), struct.Struct("<4sIIBBBBI12x")
NEWEST = 4
ANTIALIASED, EXTENDED = 1, 2
AXES = 0xADBE0003
"""The extension that says in which axes a file is."""
COLOUR_SCALE = 0.15
MOST_BYTES = 16 * 2**30
LARGEST_RATIO = 1032
"""Deflate makes a byte of no more; zstd is held to that, too."""
EXTENSION_BYTES = 65536
"""That are read behind the columns of a gzip file."""
FINEST = 20
"""Fraction bits of places that are written: a millionth of a unit."""


@dataclass(frozen=True)
class _Head:
    version: int
    count: int
    degree: int
    fraction_bits: int
    flags: int

    @property
    def sizes(self) -> list[int]:
        """Bytes of the columns: places, opacities, colours, scales, rotations, harmonics."""
        place, turn = (6 if self.version == 1 else 9), (3 if self.version < 3 else 4)
        widths = (place, 1, 3, 3, turn, 3 * ((self.degree + 1) ** 2 - 1))
        return [self.count * width for width in widths]


def is_spz(start: bytes) -> bool:
    """Whether a file that begins so can be one: of gzip only its content tells."""
    if start[:2] != GZIP:
        return start[:4] == MAGIC
    try:
        return zlib.decompressobj(31).decompress(start, 4) == MAGIC
    except zlib.error:
        return False


def read_spz(path: Path) -> SplatContent:
    """Reads a file.

    Raises:
        UserError: not such a file, or what it says of itself can't be.
    """
    return unpacked(path, read_bytes(path, MOST_BYTES))


def unpacked(path: Path, content: bytes) -> SplatContent:
    """The splats of a file's bytes; `path` is for messages.

    Raises:
        UserError: as `read_spz`.
    """
    head, columns, extensions = _of_gzip(path, content) if content[:2] == GZIP else _of_zstd(path, content)
    splats = empty(path, head.count, head.degree, antialiased=bool(head.flags & ANTIALIASED))
    _decode(head, columns, splats)
    axes = _axes_of(extensions) if head.flags & EXTENDED else 0
    if axes > 8:
        raise UserError(f"{path}: is in axes of which z or y are exchanged ({axes}); write it in right, up, back")
    if axes == 0:
        return SplatContent(mirrored(splats, UP_BACK), axes_unsaid=True)
    # 1 to 8: left or right, down or up, back or forward, as bits.
    right, up, forward = (axes - 1 & 1, axes - 1 >> 1 & 1, axes - 1 >> 2 & 1)
    return SplatContent(mirrored(splats, (1 if right else -1, -1 if up else 1, 1 if forward else -1)))


def _head(path: Path, fields: tuple[int, ...], there: int) -> _Head:
    version, count, degree, bits, flags = fields[1:6]
    if not 1 <= version <= NEWEST:
        raise UserError(f"{path}: is SPZ of version {version}; 1 to {NEWEST} are read")
    if degree > 4 or bits > 30:
        raise UserError(f"{path}: has harmonics of degree {degree} and {bits} bits of fractions, which can't be")
    head = _Head(version, count, degree, bits, flags)
    require_bytes(path, count, sum(head.sizes), there * LARGEST_RATIO)
    return head


def _of_gzip(path: Path, content: bytes) -> tuple[_Head, list[bytes], bytes]:
    begun = zlib.decompressobj(31).decompress(content, HEADER.size)
    if len(begun) < HEADER.size or begun[:4] != MAGIC:
        raise UserError(f"{path}: is no SPZ file")
    head = _head(path, HEADER.unpack(begun), len(content))
    needed = HEADER.size + sum(head.sizes)
    # What comes after that is not unpacked: it may be without end.
    data = zlib.decompressobj(31).decompress(content, needed + EXTENSION_BYTES)
    require_bytes(path, head.count, needed, len(data))
    columns, at = [], HEADER.size
    for size in head.sizes:
        columns.append(data[at : at + size])
        at += size
    return head, columns, data[at:]


def _of_zstd(path: Path, content: bytes) -> tuple[_Head, list[bytes], bytes]:
    if len(content) < HEADER_4.size or content[:4] != MAGIC:
        raise UserError(f"{path}: is no SPZ file")
    *fields, streams, table = HEADER_4.unpack_from(content)
    head = _head(path, tuple(fields), len(content))
    if head.version < NEWEST:
        raise UserError(f"{path}: is SPZ of version {head.version}, which is packed by gzip; it is not")
    expected = head.sizes if head.degree else head.sizes[:-1]
    end = table + 16 * streams
    if streams != len(expected) or table < HEADER_4.size or end > len(content):
        raise UserError(f"{path}: has {streams} columns, with their table at byte {table}; it is damaged")
    columns, at = [], end
    for index, size in enumerate(expected):
        packed, plain = struct.unpack_from("<QQ", content, table + 16 * index)
        if plain != size or at + packed > len(content):
            raise UserError(f"{path}: column {index} has {packed:,} bytes for {plain:,}; {size:,} are needed")
        columns.append(_unzstd(path, content[at : at + packed], size))
        at += packed
    return head, columns + [b""] * (len(head.sizes) - len(columns)), content[HEADER_4.size : table]


def _unzstd(path: Path, frame: bytes, size: int) -> bytes:
    if size == 0:
        return b""
    try:
        said = zstandard.get_frame_parameters(frame).content_size
        # The library makes room for what a frame says, whatever is asked for.
        if said not in (size, zstandard.CONTENTSIZE_UNKNOWN):
            raise UserError(f"{path}: a column unpacks to {said:,} bytes; {size:,} are needed")
        data = zstandard.ZstdDecompressor(max_window_size=2**27).decompress(frame, size)
    except zstandard.ZstdError as error:
        raise UserError(f"{path}: is damaged (a column can't be unpacked)") from error
    require_bytes(path, size, size, len(data))
    return data


def _axes_of(extensions: bytes) -> int:
    """The number of the axes that a file says it is in; 0 where it doesn't."""
    at = 0
    while at + 8 <= len(extensions):
        kind, length = struct.unpack_from("<II", extensions, at)
        if kind == AXES and length == 4 and at + 12 <= len(extensions):
            (axes,) = struct.unpack_from("<I", extensions, at + 8)
            return int(axes) if axes <= 16 else 0
        at += 8 + length
    return 0


def _decode(head: _Head, columns: list[bytes], splats: Splats) -> None:
    count = head.count
    places, opacities, colours, scales, turns, harmonics = (np.frombuffer(column, np.uint8) for column in columns)
    if head.version == 1:
        splats.positions[:] = places.view("<f2").reshape(count, 3)
    else:
        words = np.zeros((count * 3, 4), np.uint8)
        words[:, 1:] = places.reshape(-1, 3)
        # The sign is carried down by the shift.
        splats.positions[:] = (words.view("<i4").reshape(count, 3) >> 8) * np.float32(0.5**head.fraction_bits)
    splats.opacity_logits[:] = logits_of_bytes(opacities)
    splats.harmonics[:, 0] = (colours.reshape(count, 3) / np.float32(255) - np.float32(0.5)) / np.float32(COLOUR_SCALE)
    splats.log_scales[:] = scales.reshape(count, 3) / np.float32(16) - np.float32(10)
    splats.quaternions[:] = _rotations(head, turns)
    splats.harmonics[:, 1:] = (harmonics.reshape(count, -1, 3).astype(np.float32) - 128) / 128


def _rotations(head: _Head, turns: Array) -> Array:
    """[N, 4] w x y z."""
    if head.version < 3:
        vectors = turns.reshape(head.count, 3) / np.float32(127.5) - 1
        rest = np.sqrt(np.maximum(0, 1 - (vectors * vectors).sum(axis=1, keepdims=True)))
        return np.concatenate([rest, vectors], axis=1)
    words = turns.view("<u4")
    others = np.stack([words >> shift & 1023 for shift in (20, 10, 0)], axis=1)
    sizes = (others & 511) * np.float32(np.sqrt(0.5) / 511)
    found = with_largest((words >> 30).astype(np.int64), np.where(others & 512, -sizes, sizes))
    return np.roll(found, 1, axis=1)


def write_spz(path: Path, content: SplatContent) -> list[str]:
    """Writes version 3, which all players read; version 4 of harmonics of degree 4, which older ones don't have."""
    splats = mirrored(content.splats, UP_BACK)
    version = NEWEST if splats.degree > 3 else 3
    largest = max(float(np.abs(splats.positions).max()), 1e-9)
    bits = int(np.clip(np.floor(np.log2((2**23 - 1) / largest)), 0, FINEST))
    columns = _encoded(splats, bits)
    head = (MAGIC, version, len(splats), splats.degree, bits, ANTIALIASED if splats.antialiased else 0)
    if version == NEWEST:
        frames = [zstandard.ZstdCompressor(level=12).compress(column) for column in columns]
        sizes = [(len(frame), len(column)) for frame, column in zip(frames, columns, strict=True)]
        table = b"".join(struct.pack("<QQ", *size) for size in sizes)
        path.write_bytes(HEADER_4.pack(*head, len(columns), HEADER_4.size) + table + b"".join(frames))
    else:
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        with path.open("wb") as file:
            for part in (HEADER.pack(*head, 0), *columns):
                file.write(packer.compress(part))
            file.write(packer.flush())
    lost = [
        f"places to {0.5**bits:.2g} units",
        "scales to 3 %",
        "rotations to 0.2 degrees",
        "colours and opacities to 8 bits",
    ]
    beyond = [
        (np.abs(splats.log_scales + 2) > 8, "sizes beyond 4.5e-5 to 380"),
        (np.abs(splats.harmonics[:, 0]) > 0.5 / COLOUR_SCALE, "colours beyond -0.44 to 1.44"),
        (np.abs(splats.harmonics[:, 1:]) > 1, "harmonics beyond -1 to 1"),
    ]
    for outside, what in beyond:
        if count := int(outside.reshape(len(splats), -1).any(axis=1).sum()):
            lost.append(f"{what} (of {count} splats)")
    return [
        *lost,
        *([f"that its splats are flat: they get a thickness of {np.exp(-10):.2g} units"] if splats.is_flat else []),
    ]


def _encoded(splats: Splats, bits: int) -> list[bytes]:
    count = len(splats)
    places = np.clip(np.rint(splats.positions.astype(np.float64) * 2**bits), -(2**23), 2**23 - 1).astype("<i4")
    scales = splats.log_scales
    if splats.is_flat:
        scales = np.concatenate([scales, np.full((count, 1), -10, np.float32)], axis=1)
    largest, others = without_largest(np.roll(splats.quaternions, -1, axis=1))
    sizes = np.rint(np.abs(others) * (511 / np.sqrt(0.5))).astype(np.uint32) | (others < 0).astype(np.uint32) << 9
    words = largest.astype(np.uint32) << 30 | sizes[:, 0] << 20 | sizes[:, 1] << 10 | sizes[:, 2]
    columns = [
        places.view(np.uint8).reshape(-1, 4)[:, :3],
        _byte(opacities_of(splats.opacity_logits) * 255),
        _byte((splats.harmonics[:, 0] * COLOUR_SCALE + 0.5) * 255),
        _byte((scales + 10) * 16),
        words.astype("<u4"),
        *([_byte(splats.harmonics[:, 1:] * 128 + 128)] if splats.degree else []),
    ]
    return [column.tobytes() for column in columns]


def _byte(values: Array) -> Array:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
