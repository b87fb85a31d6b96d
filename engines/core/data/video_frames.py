"""Frames of a video by their number: those that can be decoded, however a container counts and times them.

A header's count is of no use where frames have no even rate, or where a video was trimmed without being encoded again:
an edit list hides frames that are still in the file. So packets are counted, and where their times are not even, or the
last of them gives no frame, frames are. The first that can't be decoded is the end.
"""

from __future__ import annotations

import bisect
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engines.core.camera import Array
from engines.core.errors import UserError
from engines.core.reading import require_file

READ_ON = 30
"""Frames that are sooner read through than jumped over."""
SAME_MS = 0.5
"""Of two times of one frame."""
KNOWN = 256


@dataclass(frozen=True)
class FrameTimes:
    """The frames of a video.

    Attributes:
        count: how many there are.
        size_px: (width, height) of each.
        times_ms: when each is shown; empty where they are even, and can be jumped to by their number.
    """

    count: int
    size_px: tuple[int, int]
    times_ms: tuple[float, ...] = ()


def open_capture(path: Path) -> Any:
    """OpenCV's reader of a video, which says nothing by itself.

    Every one is to be opened so: ffmpeg's lines about damaged files are kept back by the first of a process, or never.
    """
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    return cv2.VideoCapture(str(path))


@lru_cache(KNOWN)
def frame_times(path: Path, changed_ns: int) -> FrameTimes:
    """The frames of a video that was last changed at `changed_ns`.

    Raises:
        UserError: not a video.
    """
    require_file(path)
    even = _even(path)
    if even is not None:
        return even
    capture, times = open_capture(path), list[float]()
    size_px = _size_px(capture)
    while capture.grab():
        times.append(float(capture.get(cv2.CAP_PROP_POS_MSEC)))
    capture.release()
    if not times or min(size_px) < 1:
        raise UserError(f"{path}: can't be read as a video; it may be damaged")
    return FrameTimes(len(times), size_px, tuple(times))


def _size_px(capture: Any) -> tuple[int, int]:
    return round(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), round(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))


def _even(path: Path) -> FrameTimes | None:
    """The frames where they are even and all can be decoded; else None."""
    packets = open_capture(path)
    expected = round(packets.get(cv2.CAP_PROP_FRAME_COUNT))
    shown = list[int]()
    if expected > 0 and packets.set(cv2.CAP_PROP_FORMAT, -1):
        while len(shown) <= expected and packets.grab():
            shown.append(round(packets.get(cv2.CAP_PROP_PTS)))
    packets.release()
    # They come in the order of decoding.
    shown.sort()
    if len(shown) != expected or shown != list(range(shown[0], shown[0] + expected)):
        return None
    capture = open_capture(path)
    size_px = _size_px(capture)
    decodes = bool(capture.grab() and capture.set(cv2.CAP_PROP_POS_FRAMES, expected - 1) and capture.grab())
    ends = decodes and not capture.grab()
    capture.release()
    return FrameTimes(expected, size_px) if ends and min(size_px) >= 1 else None


class Video:
    """An open video; frames are cheap in their order and dear out of it."""

    def __init__(self, path: Path, changed_ns: int) -> None:
        """Opens it.

        Raises:
            UserError: not a video.
        """
        self._path, self._frames = path, frame_times(path, changed_ns)
        self._capture = open_capture(path)
        if not self._capture.isOpened():
            raise UserError(f"{path}: can't be read as a video; it may be damaged")
        self._at = -1

    def read(self, frame: int) -> Array:
        """[H, W, 3] RGB bytes.

        Raises:
            UserError: there is no such frame, or it can't be decoded.
        """
        if not 0 <= frame - self._at <= READ_ON:
            self._seek(frame)
        while self._at < frame and self._capture.grab():
            self._at += 1
        there, pixels = self._capture.retrieve() if self._at == frame else (False, None)
        if not there:
            raise UserError(f"{self._path}: frame {frame} can't be decoded; the video may be cut short or damaged")
        return np.asarray(pixels)[:, :, ::-1]

    def _seek(self, frame: int) -> None:
        """Goes to before a frame, or to the beginning where the container doesn't lead there."""
        if not self._frames.times_ms:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, frame)
            self._at = frame - 1
            found = round(self._capture.get(cv2.CAP_PROP_POS_FRAMES)) == frame
        else:
            found = self._seek_by_time(frame)
        if not found:
            # From the beginning every frame is found, late.
            self._capture.release()
            self._capture, self._at = open_capture(self._path), -1

    def _seek_by_time(self, frame: int) -> bool:
        """Whether it stands at a known frame before `frame`, or at it."""
        times = self._frames.times_ms
        if not 0 < frame < len(times):
            return False
        self._capture.set(cv2.CAP_PROP_POS_MSEC, times[frame - 1])
        if not self._capture.grab():
            return False
        now = float(self._capture.get(cv2.CAP_PROP_POS_MSEC))
        first, last = (bisect.bisect_left(times, now + offset) for offset in (-SAME_MS, SAME_MS))
        self._at = first
        return last == first + 1 and first <= frame
