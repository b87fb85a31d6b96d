"""Whether the disk has room for an export: by what frames take at least, before the first; then by what they took."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from app.export.codecs import codec_of
from app.export.export_request import Export
from engines.core.errors import UserError

# Bytes a pixel of smooth pictures: low guesses, not measured, as one that is too high would refuse what fits.
VIDEO_BYTES: Mapping[str, float] = {"H.264": 0.01, "H.265": 0.005, "VP9": 0.01, "AV1": 0.005, "ProRes 4444": 0.4}
GIF_BYTES = 0.15
FIRST_LOOK = 8
"""Frames after which it is looked at what they take."""
FILE_BYTES: Mapping[str | None, Mapping[str, float]] = {
    None: {"rgb": 0.5, "": 0.5},
    "png": {"rgb": 0.5, "": 0.2},
    "png16": {"rgb": 2.0, "": 0.5},
    "exr": {"rgb": 3.0, "": 0.5},
    "exr16": {"rgb": 1.5, "": 0.5},
    "npy": {"rgb": 12.0, "": 0.5},
}
"""By format and channel; "": of any other, whose grid may be coarser than the picture's."""


def least_bytes(export: Export, size_px: tuple[int, int], frames: int, transparent: bool) -> int:
    """What an export takes on the disk at least.

    Args:
        size_px: (width, height) of each channel's picture.
        frames: that are not there yet.
    """
    pixels = size_px[0] * size_px[1] * frames
    if export.is_video:
        codec = codec_of(export.out, export.codec, transparent)
        return round(pixels * len(export.channels) * VIDEO_BYTES.get(codec.title, GIF_BYTES))
    by_channel = FILE_BYTES[export.format]
    return round(pixels * sum(by_channel.get(channel, by_channel[""]) for channel in export.drawn_channels))


class DiskWatch:
    """Tells, while an export is written, that the disk will be full before its end, by what its frames have taken.

    It looks when `FIRST_LOOK` frames are written, and whenever there are twice as many: a guess before the first frame
    must be low, as it would refuse what fits; what was measured need not be.

    Args:
        out: what is written.
        count: of frames that are to be written.
    """

    def __init__(self, out: Path, count: int) -> None:
        self._out, self._count, self._next = out, count, FIRST_LOOK

    def warning(self, written: int, taken_bytes: int) -> str:
        """What is to be told; "" where there is room enough, or it is no time to look.

        Args:
            written: how many frames are.
            taken_bytes: on the disk, by these.
        """
        if written < self._next:
            return ""
        self._next = 2 * written
        left = self._count - written
        needed, free = left * taken_bytes / written, shutil.disk_usage(_existing_folder(self._out)).free
        if needed <= free:
            return ""
        return (
            f"{self._out}: the disk will be full before the end: the {left} frames that are left take about "
            f"{needed / 1e9:.2g} GB, as the {written} before them did, and {free / 1e9:.2g} GB are free; make room"
        )


def _existing_folder(out: Path) -> Path:
    return next((folder for folder in out.absolute().parents if folder.exists()), Path("/"))


def require_room(export: Export, size_px: tuple[int, int], frames: int, transparent: bool) -> None:
    """Whether the disk has room for what is left to write; the arguments are those of `least_bytes`.

    Raises:
        UserError: how much is needed, and how much there is.
    """
    out = Path(export.out)
    needed = least_bytes(export, size_px, frames, transparent)
    free = shutil.disk_usage(_existing_folder(out)).free
    if needed > free:
        raise UserError(
            f"{out}: {frames} frames of {size_px[0]}x{size_px[1]} need {needed / 1e9:.2g} GB and more, and "
            f"{free / 1e9:.2g} are free; make room, name another place, or export fewer or smaller ones"
        )
