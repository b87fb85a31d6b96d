"""Image files as they are stored: TIFF without its turn, HEIC by libheif, all else by OpenCV.

OpenCV and Pillow turn a TIFF by its orientation tag whatever they are asked for; COLMAP, whose cameras are those of the
stored pixels, does not.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, TiffImagePlugin

from engines.core.camera import Array

HEIF_SUFFIXES = (".heic", ".heif", ".hif")
"""What phones write; libheif turns what it reads as the file says, and says so no more."""
TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
BIG_TIFF = 43
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
PNG_WITH_ALPHA = (4, 6)
"""Of the colour types of a PNG those that have a channel of it."""
WIDTH, HEIGHT, ORIENTATION = 256, 257, 274
LYING = 5
"""Of the orientations this and those above it exchange width and height."""
UNDONE = {6: 8, 8: 6}
"""The orientation that undoes another; the others undo themselves."""


def turned_upright(image: Array, orientation: int) -> Array:
    """A stored picture [H, W, ...] as it is to be shown.

    Args:
        orientation: EXIF's, 1 to 8; 1 leaves it as it is.
    """
    if orientation >= LYING:
        # Stored by columns: its rows are the columns of what is shown.
        image = image.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        image = image[::-1]
    if orientation in (2, 3, 6, 7):
        image = image[:, ::-1]
    return np.ascontiguousarray(image)


@lru_cache(1)
def know_heif() -> None:
    """Lets Pillow open HEIC, in this process."""
    # Here, not above: most data has none, and its codec takes a while to load.
    import pillow_heif

    pillow_heif.register_heif_opener()


def tiff_header(path: Path) -> tuple[tuple[int, int], int] | None:
    """(width, height) as stored, and the orientation from 1 to 8; None where the file is no TIFF.

    Raises:
        Exception: of many kinds, where it is damaged.
    """
    with path.open("rb") as file:
        begin = file.read(8)
        if begin[:4] not in TIFF_MAGIC:
            return None
        if BIG_TIFF in begin[2:4]:
            begin += file.read(8)
        tags = TiffImagePlugin.ImageFileDirectory_v2(begin)
        file.seek(tags.next)
        tags.load(file)
    orientation = tags.get(ORIENTATION, 1)
    known = isinstance(orientation, int) and 1 <= orientation <= 8
    return (int(tags[WIDTH]), int(tags[HEIGHT])), orientation if known else 1


def png_header(path: Path) -> tuple[tuple[int, int], bool] | None:
    """(width, height), and whether there is transparency; None where the file is no PNG.

    Of what else stands before the pixels, such as megabytes of text or of a colour profile, which Pillow refuses, only
    the lengths are looked at.

    Raises:
        EOFError: cut short.
    """
    with path.open("rb") as file:
        if file.read(len(PNG_MAGIC)) != PNG_MAGIC:
            return None
        begin = file.read(18)
        if len(begin) < 18 or begin[4:8] != b"IHDR":
            raise EOFError
        width, height, _, colour_type = struct.unpack(">IIBB", begin[8:])
        has_alpha = colour_type in PNG_WITH_ALPHA
        # Past the rest of the header, and its sum.
        file.seek(7, 1)
        while not has_alpha and len(chunk := file.read(8)) == 8 and chunk[4:] not in (b"IDAT", b"IEND"):
            has_alpha = chunk[4:] == b"tRNS"
            file.seek(int.from_bytes(chunk[:4], "big") + 4, 1)
    return (width, height), has_alpha


def decode(path: Path, data: Array) -> Array | None:
    """[H, W] or [H, W, C] with blue first, of the file's own type; None where it can't be decoded.

    Args:
        data: [N] uint8, the file's content.
    """
    if path.suffix.lower() in HEIF_SUFFIXES:
        return _decode_heif(path)
    # Else OpenCV writes lines of its own about a damaged file.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        image = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    except cv2.error:
        image = None
    if image is None or data[:4].tobytes() not in TIFF_MAGIC:
        return image
    header = tiff_header(path)
    orientation = header[1] if header else 1
    return turned_upright(image, UNDONE.get(orientation, orientation))


def _decode_heif(path: Path) -> Array:
    know_heif()
    with Image.open(path) as image:
        has_alpha = image.mode in ("RGBA", "LA", "PA")
        pixels = np.asarray(image.convert("RGBA" if has_alpha else "RGB"))
    return np.ascontiguousarray(pixels[..., [2, 1, 0, 3]] if has_alpha else pixels[..., ::-1])
