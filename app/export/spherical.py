"""What players look for in an MP4 or MOV to show it as a sphere, or as a stereo pair: boxes that ffmpeg isn't told of.

Both forms of Google's "Spherical Video" are written, the one of XML in the track and the one of boxes in the sample
entry, since players know one or the other. Stereo pairs have the box of the second form alone.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from engines.core.errors import UserError

SPHERICAL_ID = UUID("ffcc8263-f855-4a93-8814-587a02521fdd").bytes
SPHERICAL_XML = (
    '<?xml version="1.0"?><rdf:SphericalVideo xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:GSpherical="http://ns.google.com/videos/1.0/spherical/">'
    "<GSpherical:Spherical>true</GSpherical:Spherical><GSpherical:Stitched>true</GSpherical:Stitched>"
    "<GSpherical:StitchingSoftware>Vantage</GSpherical:StitchingSoftware>"
    "<GSpherical:ProjectionType>equirectangular</GSpherical:ProjectionType></rdf:SphericalVideo>"
)
MONO, LEFT_RIGHT = 0, 2
"""Stereo modes of the box st3d."""
TABLE = (b"trak", b"mdia", b"minf", b"stbl")
"""Where a track tells of its pictures."""
SPATIAL_SUFFIXES = (".mp4", ".mov")


@dataclass(frozen=True)
class Spatial:
    """How the picture of a video lies in space.

    Attributes:
        is_sphere: all around, equirectangular.
        is_stereo: the left eye's picture in its left half, the right eye's in the other.
    """

    is_sphere: bool = False
    is_stereo: bool = False


FLAT = Spatial()


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def _full_box(kind: bytes, content: bytes) -> bytes:
    return _box(kind, bytes(4) + content)


def _entry_boxes(spatial: Spatial) -> bytes:
    """At the end of the sample entry."""
    boxes = _full_box(b"st3d", bytes([LEFT_RIGHT if spatial.is_stereo else MONO]))
    if spatial.is_sphere:
        # No rotation, and no part of the sphere left out.
        projection = _full_box(b"prhd", bytes(12)) + _full_box(b"equi", bytes(16))
        boxes += _box(b"sv3d", _full_box(b"svhd", b"Vantage\0") + _box(b"proj", projection))
    return boxes


def _boxes(content: bytes, begin: int = 0) -> Iterator[tuple[bytes, int, int]]:
    """Kind, beginning and end of each box; without those of 64-bit sizes, which only hold pictures."""
    while begin + 8 <= len(content):
        (size,) = struct.unpack_from(">I", content, begin)
        if size < 8:
            return
        yield content[begin + 4 : begin + 8], begin, begin + size
        begin += size


def _grown(content: bytes, path: tuple[bytes, ...], added: bytes, head: int = 0) -> bytes:
    """A box's content with `added` at the end of the first box that `path` leads to, all sizes made larger."""
    if not path:
        return content + added
    for kind, begin, end in _boxes(content, head):
        if path[0] in (kind, b"any"):
            # Of stsd its version and count stand before the boxes.
            inner = _grown(content[begin + 8 : end], path[1:], added, 8 if kind == b"stsd" else 0)
            return content[:begin] + _box(kind, inner) + content[end:]
    raise ValueError(f"the video has no box {path[0].decode()}")


def _shifted(content: bytes, by: int) -> bytes:
    """The content of moov, with the places of all pictures so many bytes later."""
    begin, end = 0, len(content)
    for name in TABLE:
        begin, end = next((b + 8, e) for kind, b, e in _boxes(content[:end], begin) if kind == name)
    changed = bytearray(content)
    for kind, at, _ in _boxes(content[:end], begin):
        if kind in (b"stco", b"co64"):
            (count,) = struct.unpack_from(">I", content, at + 12)
            form = f">{count}{'I' if kind == b'stco' else 'Q'}"
            places = [place + by for place in struct.unpack_from(form, content, at + 16)]
            struct.pack_into(form, changed, at + 16, *places)
    return bytes(changed)


def add_spatial(path: Path, spatial: Spatial) -> None:
    """Tells in an MP4 or MOV, whose header comes first, how its picture lies in space."""
    changed_path = path.with_name(f"{path.stem}.spatial{path.suffix}")
    try:
        with path.open("rb") as file, changed_path.open("wb") as changed:
            before, moov = _header(file)
            larger = _grown(moov, (*TABLE, b"stsd", b"any"), _entry_boxes(spatial))
            if spatial.is_sphere:
                larger = _grown(larger, (b"trak",), _box(b"uuid", SPHERICAL_ID + SPHERICAL_XML.encode()))
            changed.write(before + _box(b"moov", _shifted(larger, len(larger) - len(moov))))
            shutil.copyfileobj(file, changed)
        changed_path.replace(path)
    finally:
        changed_path.unlink(missing_ok=True)


def _header(file: BinaryIO) -> tuple[bytes, bytes]:
    """What stands before moov, and what is in it; the file is left behind it."""
    before = b""
    while len(head := file.read(8)) == 8:
        (size,), kind = struct.unpack(">I", head[:4]), head[4:]
        content = file.read(size - 8)
        if kind == b"moov":
            return before, content
        before += head + content
    raise ValueError("the video has no header")


def require_spatial(path: Path, spatial: Spatial) -> None:
    """Whether a video of this suffix can say so.

    Raises:
        UserError: it can't.
    """
    if spatial.is_sphere and path.suffix.lower() not in SPATIAL_SUFFIXES:
        raise UserError(
            f"{path}: a {path.suffix.lower()} can't tell players that it is a sphere; name a .mp4, a .mov or a folder"
        )
