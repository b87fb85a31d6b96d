"""`.ksplat` of GaussianSplats3D (mkkellogg): sections of rows, in floats (level 0) or in 16 bits and bytes (1 and 2).

Of levels 1 and 2 places are relative to the centres of buckets, which stand before a section's rows; the last ones of a
section are not full, and say how many splats they have. Scales are standard deviations; harmonics go by degree, then
channel.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines.core.camera import Array
from engines.core.errors import UserError
from engines.core.reading import read_bytes
from engines.splats.files.content import SplatContent, empty, require_bytes
from engines.splats.files.encodings import constants_of, log_scales_of, logits_of_bytes
from engines.splats.splats import Splats

HEADER_BYTES, SECTION_BYTES = 4096, 1024
MOST_BYTES = 16 * 2**30
KINDS = (("<f4", "<f4", "<f4"), ("<u2", "<f2", "<f2"), ("<u2", "<f2", "u1"))
"""Of places, of scales and rotations, and of harmonics, for each level."""
USUAL_RANGE = 32767
"""Steps from a bucket's centre to its side, where the file doesn't say."""
USUAL_HARMONICS = 1.5


@dataclass(frozen=True)
class _Section:
    """Rows that are alike.

    Attributes:
        count: of splats, of `room` that there is room for.
        bucket_splats: of a full bucket.
        buckets: (how many, how many of them are full, how many are not).
        centre_bytes: of a bucket's centre.
        step: world units of one step of a place.
        begin: where it begins in the file, after the headers.
        row: one splat.
    """

    count: int
    room: int
    bucket_splats: int
    buckets: tuple[int, int, int]
    centre_bytes: int
    step: float
    middle: int
    degree: int
    begin: int
    row: np.dtype[np.void]

    @property
    def rows_at(self) -> int:
        return self.begin + 4 * self.buckets[2] + self.centre_bytes * self.buckets[0]

    @property
    def end(self) -> int:
        return self.rows_at + self.room * self.row.itemsize


def looks_like_ksplat(start: bytes) -> bool:
    """Whether a file that begins so can be one: its version, and a level that there is."""
    return len(start) >= 22 and start[0] == 0 and start[1] >= 1 and struct.unpack_from("<H", start, 20)[0] < len(KINDS)


def read_ksplat(path: Path) -> SplatContent:
    """Reads a file.

    Raises:
        UserError: not such a file, or less in it than its headers say.
    """
    content = read_bytes(path, MOST_BYTES)
    require_bytes(path, 0, HEADER_BYTES, len(content))
    if content[0] != 0 or content[1] < 1:
        raise UserError(f"{path}: is .ksplat of version {content[0]}.{content[1]}; 0.1 is read")
    (sections,) = struct.unpack_from("<I", content, 4)
    count, level = struct.unpack_from("<IH", content, 16)
    if level >= len(KINDS):
        raise UserError(f"{path}: is compressed at level {level}; 0 to {len(KINDS) - 1} are read")
    require_bytes(path, count, HEADER_BYTES + sections * SECTION_BYTES, len(content))
    low, high = struct.unpack_from("<2f", content, 36)
    bounds = (low or -USUAL_HARMONICS, high or USUAL_HARMONICS)
    found, begin = list[_Section](), HEADER_BYTES + sections * SECTION_BYTES
    for index in range(sections):
        section = _section(path, content, HEADER_BYTES + index * SECTION_BYTES, begin, level)
        begin = section.end
        if section.count:
            require_bytes(path, section.count, section.end, len(content))
            found.append(section)
    if sum(section.count for section in found) != count:
        raise UserError(f"{path}: says that it has {count} splats; its sections have others")
    splats = empty(path, count, max((section.degree for section in found), default=0))
    splats.harmonics[:] = 0
    start = 0
    for section in found:
        _fill(content, section, splats, slice(start, start + section.count), bounds)
        start += section.count
    return SplatContent(splats)


def _section(path: Path, content: bytes, at: int, begin: int, level: int) -> _Section:
    count, room, bucket_splats, buckets = struct.unpack_from("<4I", content, at)
    (size,), (centre_bytes,) = struct.unpack_from("<f", content, at + 16), struct.unpack_from("<H", content, at + 20)
    (middle,) = struct.unpack_from("<I", content, at + 24)
    full, partial, degree = struct.unpack_from("<IIH", content, at + 32)
    if count > room or degree > 3 or (level and count and (full + partial > buckets or centre_bytes != 12)):
        raise UserError(
            f"{path}: has a section of {count} of {room} splats, degree {degree}, {buckets} buckets; damaged"
        )
    place, scale, harmonics = KINDS[level]
    fields = [("place", place, 3), ("scale", scale, 3), ("rotation", scale, 4), ("colour", "u1", 4)]
    row = np.dtype([*fields, ("rest", harmonics, 3 * ((degree + 1) ** 2 - 1))])
    middle = middle or USUAL_RANGE
    step = size / 2 / middle
    counts = (buckets, full, partial)
    return _Section(count, room, bucket_splats, counts, centre_bytes, step, middle, degree, begin, row)


def _fill(content: bytes, section: _Section, splats: Splats, where: slice, bounds: tuple[float, float]) -> None:
    rows = np.frombuffer(content, section.row, section.count, section.rows_at)
    places = rows["place"].astype(np.float32)
    if section.row["place"].base != np.dtype("<f4"):
        places = (places - section.middle) * np.float32(section.step) + _centres(content, section)
    splats.positions[where] = places
    splats.log_scales[where] = log_scales_of(rows["scale"].astype(np.float32))
    splats.quaternions[where] = rows["rotation"]
    splats.opacity_logits[where] = logits_of_bytes(rows["colour"][:, 3])
    splats.harmonics[where, 0] = constants_of(rows["colour"][:, :3] / np.float32(255))
    rest = rows["rest"].astype(np.float32)
    if section.row["rest"].base == np.dtype("u1"):
        rest = (bounds[0] + rest / 255 * (bounds[1] - bounds[0])).astype(np.float32)
    for degree in range(1, section.degree + 1):
        begin, end = degree**2, (degree + 1) ** 2
        part = rest[:, 3 * (begin - 1) : 3 * (end - 1)].reshape(section.count, 3, end - begin)
        splats.harmonics[where, begin:end] = part.swapaxes(1, 2)


def _centres(content: bytes, section: _Section) -> Array:
    """[N, 3] the centres of the buckets that the splats lie in."""
    buckets, full, partial = section.buckets
    sizes = np.frombuffer(content, "<u4", partial, section.begin).astype(np.int64)
    centres = np.frombuffer(content, "<f4", 3 * buckets, section.begin + 4 * partial).reshape(buckets, 3)
    filled = np.concatenate([np.full(full, section.bucket_splats, np.int64), sizes])
    # Cut as it is counted: a size that is damaged takes no memory.
    ends = np.minimum(np.cumsum(filled), section.count)
    if len(ends) == 0 or ends[-1] < section.count:
        raise ValueError("its buckets hold fewer splats than its section")
    return np.asarray(centres[np.searchsorted(ends, np.arange(section.count), side="right")])
