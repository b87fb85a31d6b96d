"""Keeps the frames of a video as they were drawn, beside its encoder, which could not go on with half a file.

Frames are written as they are, without being made smaller: that takes a tenth of the time of any lossless codec. It may
take a twentieth of the time that drawing takes. Where drawing is quicker than that, some frames are not kept, and drawn
again by an export that resumes: this costs less than keeping them would.
"""

from __future__ import annotations

import shutil
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

import numpy as np

from app.export.kept_frames import KeptFrames
from app.export.video import ENCODER_NICE
from app.rendering.display import Pixels
from app.thread_priority import step_back

MOST_OF_DRAWING = 0.05
MOST_OF_DISK = 0.5
"""Of what is free, beyond which frames are not kept."""
MOST_WAITING = 2


class FrameKeeper:
    """Keeps frames on a thread of its own that comes after drawing; the caller never waits for it.

    Args:
        kept: begun, where any frame is to be kept.
        frame_bytes: of one.
        count: of all frames.
    """

    def __init__(self, kept: KeptFrames, frame_bytes: int, count: int) -> None:
        self._kept = kept
        self._is_room = frame_bytes * count < shutil.disk_usage(kept.folder).free * MOST_OF_DISK
        self._pool = ThreadPoolExecutor(1, "export-keep", step_back, (ENCODER_NICE,))
        self._waiting = 0
        self._drawn_s = self._kept_s = self._last_s = 0.0

    def offer(self, index: int, picture: Pixels, drawn_s: float) -> None:
        """Keeps [H, W, C] bytes if there is time and room for it.

        Args:
            drawn_s: how long it took to draw.
        """
        self._drawn_s += drawn_s
        is_time = self._kept_s + self._last_s <= MOST_OF_DRAWING * self._drawn_s
        if self._is_room and is_time and self._waiting < MOST_WAITING:
            self._waiting += 1
            self._pool.submit(self._keep, index, picture)

    def _keep(self, index: int, picture: Pixels) -> None:
        began = time.perf_counter()
        try:
            name, content = picture_name(index), np.ascontiguousarray(picture).data
            (self._kept.folder / name).write_bytes(content)
            self._kept.tell(index, {name: [content.nbytes, zlib.crc32(content)]})
        except OSError:
            # The video may still have room; it says so itself where it has none.
            self._is_room = False
        finally:
            self._last_s = time.perf_counter() - began
            self._kept_s += self._last_s
            self._waiting -= 1

    def __enter__(self) -> FrameKeeper:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)


def picture_name(index: int) -> str:
    """The name of a kept frame's file."""
    return f"{index:05d}.bytes"


def kept_picture(kept: KeptFrames, index: int, shape: tuple[int, int, int]) -> Pixels:
    """The bytes of a frame that was kept, in its `shape` [H, W, C]."""
    return np.fromfile(kept.folder / picture_name(index), dtype=np.uint8).reshape(shape)
