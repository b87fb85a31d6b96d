"""Small pictures of photographs, and of folders of such, made beside the window."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from engines.core.camera import Array
from engines.core.data.decoding import turned_upright
from engines.core.data.images import exif_orientation, list_in_order, read_image, shrunk, to_uint8
from engines.core.data.views import View
from engines.core.errors import UserError

TILES = 4
"""Photographs that stand for a folder, two by two."""
GAP_PX = 2
LONGEST_END_S = 3.0
"""That is waited for a photograph under way when the program ends; a disk may never answer."""
Key = TypeVar("Key")


def small_picture(path: Path, side_px: int) -> Array:
    """[h, w, 3] uint8 of a photograph, at most `side_px` a side; of a folder its first ones, in a square.

    Raises:
        UserError: it is gone, or can't be read.
    """
    if not path.is_dir():
        image = turned_upright(read_image(path), exif_orientation(path))
        return to_uint8(shrunk(image, side_px))
    try:
        photographs = list_in_order(path)[:TILES]
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    if not photographs:
        raise UserError(f"{path}: holds no photographs")
    tile_px = (side_px - GAP_PX) // 2
    sheet = np.full((side_px, side_px, 3), 255, dtype=np.uint8)
    for place, photograph in enumerate(photographs):
        tile = small_picture(photograph, tile_px)
        top, left = (side_px - tile_px) * (place // 2), (side_px - tile_px) * (place % 2)
        top, left = top + (tile_px - tile.shape[0]) // 2, left + (tile_px - tile.shape[1]) // 2
        sheet[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return sheet


def small_photograph(view: View, side_px: int) -> Array:
    """[h, w, 3] uint8 of a view's photograph, at most `side_px` a side.

    Raises:
        UserError: it is gone, or can't be read.
    """
    return to_uint8(shrunk(view.image(), side_px))


class FilePictures:
    """Small pictures by path, kept until the file changes."""

    def __init__(self, side_px: int) -> None:
        self._side_px = side_px
        self._made: dict[Path, tuple[tuple[int, int], Array]] = {}

    def __call__(self, path: Path) -> Array:
        """A small picture [H, W, 3] uint8 of a file, made by `small_picture` where it is not kept.

        Raises:
            OSError, UserError: it is gone, or can't be read.
        """
        try:
            state = path.stat()
            stamp = state.st_mtime_ns, state.st_size
            if path not in self._made or self._made[path][0] != stamp:
                self._made[path] = stamp, small_picture(path, self._side_px)
            return self._made[path][1]
        except (OSError, UserError, MemoryError):
            self._made.pop(path, None)
            raise


class SmallPictures(Generic[Key]):
    """Makes small pictures on a thread of its own, which is there as long as any are wanted."""

    def __init__(self, make: Callable[[Key], Array], tell: Callable[[Key, Array | None], None]) -> None:
        """Both are called on that thread.

        Args:
            make: gives [H, W, 3] uint8 of what stands for a picture, or raises OSError or UserError.
            tell: is called with each; None of what is gone or can't be read.
        """
        self._make, self._tell = make, tell
        self._lock = threading.Lock()
        self._wanted = deque[Key]()
        self._closed = False
        self._thread: threading.Thread | None = None

    def want(self, keys: Sequence[Key]) -> None:
        """Those of these, in this order; what was wanted before and is not made yet is not any more."""
        with self._lock:
            if self._closed:
                return
            self._wanted = deque(keys)
            if self._thread is None and keys:
                self._thread = threading.Thread(target=self._run, name="small pictures", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Ends the thread, and waits for it, but not for long; tells nothing from now on."""
        with self._lock:
            self._closed = True
            self._wanted.clear()
            thread = self._thread
        if thread is not None:
            thread.join(LONGEST_END_S)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._wanted:
                    self._thread = None
                    return
                key = self._wanted.popleft()
            pixels = self._picture(key)
            if not self._closed:
                self._tell(key, pixels)

    def _picture(self, key: Key) -> Array | None:
        try:
            return self._make(key)
        except (OSError, UserError, MemoryError):
            return None
