"""Splats as a picture, by the processor: seen, ordered, put into rows of tiles, and drawn row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache, partial
from itertools import starmap
from typing import Any, TypeVar

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.engine import Stop, never_stop
from engines.core.errors import Cancelled
from engines.splats.compiled import keep_compiled
from engines.splats.compositing import OUTPUTS, TILE_PX, composite_row, count_in_rows, list_in_rows
from engines.splats.footprints import WIDTH, gather, packed_camera, project
from engines.splats.harmonics import write_harmonics
from engines.splats.ordering import near_to_far, settle_equal_keys, sort_by_digit
from engines.splats.splats import Splats

PARTS = (project, gather, sort_by_digit, settle_equal_keys, count_in_rows, list_in_rows, composite_row)
"""What is compiled."""
CHUNK = 2**14
"""Splats that a thread looks at before it is asked whether to stop."""
Given = TypeVar("Given")


class Drawing:
    """Draws splats again and again, one picture at a time, in memory that it keeps."""

    def __init__(self, splats: Splats, near: float, threads: Callable[[], int]) -> None:
        """`near`: along +z; `threads`: how many there may be now."""
        _keep_compiled()
        self.splats, self.near, self._threads = splats, near, threads
        self._found = np.empty((0, WIDTH), dtype=np.float32)
        self._ordered, self._depths = self._found, np.empty(0)

    def warm(self) -> None:
        """Compiles what is not yet, and brings it into memory: draws two of the splats one behind the other."""
        if not len(self.splats):
            return
        pose = np.eye(4)
        pose[2, 3] = -2 * self.near
        pair = replace(
            self.splats.chosen(np.zeros(2, dtype=np.int64)),
            positions=np.array([[0, 0, self.near], [0, 0, 0]], dtype=np.float32),
            opacity_logits=np.ones(2, dtype=np.float32),
        )
        Drawing(pair, self.near, lambda: 1).draw(Camera(pose, (1.0, 1.0), (0.5, 0.5), (1, 1)), never_stop)

    def draw(self, camera: Camera, stop: Stop) -> Array:
        """[H, W, OUTPUTS] float32; see `compositing`.

        Raises:
            Cancelled: `stop` said so.
        """
        return self.composite(self.seen(camera, stop), camera, stop)

    def seen(self, camera: Camera, stop: Stop) -> Array:
        """[M, WIDTH] the footprints of what is seen, the nearest first; there until the next picture."""
        count = len(self.splats)
        if len(self._found) < count:
            self._found, self._ordered = (np.empty((count, WIDTH), dtype=np.float32) for _ in range(2))
            self._depths = np.empty(count)
        look = partial(
            project,
            self.splats.positions,
            self.splats.log_scales,
            self.splats.quaternions,
            self.splats.opacity_logits,
            self.splats.harmonics,
            packed_camera(camera),
            self.near,
            self.splats.antialiased,
            self._found,
            self._depths,
        )
        chunks = _chunks(count)
        seen = self._each(look, chunks, stop)
        places = [np.arange(begin, begin + many) for (begin, _), many in zip(chunks, seen, strict=True)]
        where = np.concatenate(places) if places else np.empty(0, dtype=np.int64)
        order, ordered = where[near_to_far(self._depths[where])], self._ordered[: len(where)]
        self._each(partial(gather, self._found, order, ordered), _chunks(len(order)), stop)
        return ordered

    def composite(self, footprints: Array, camera: Camera, stop: Stop) -> Array:
        """[H, W, OUTPUTS] float32 of the footprints of what is seen, the nearest first."""
        width, height = camera.size_px
        rows, chunks = -(-height // TILE_PX), _chunks(len(footprints))
        counts = np.zeros((len(chunks), rows), dtype=np.int64)
        self._each(partial(count_in_rows, footprints, height), _beside(chunks, counts), stop)
        # Where each chunk writes into each row: after the chunks before it, of which all are nearer.
        ends = np.cumsum(counts.T).reshape(rows, len(chunks))
        places = np.ascontiguousarray(ends.T - counts)
        members = np.empty(int(counts.sum()), dtype=np.int32)
        self._each(partial(list_in_rows, footprints, height, members), _beside(chunks, places), stop)
        of_rows = np.split(members, counts.sum(axis=0).cumsum()[:-1])
        picture = np.empty((height, width, OUTPUTS), dtype=np.float32)
        self._each(partial(composite_row, footprints, picture), list(enumerate(of_rows)), stop)
        return picture

    def _each(self, work: Callable[..., Given], items: Sequence[tuple[Any, ...]], stop: Stop) -> list[Given]:
        """What `work` gives of each item's parts, on as many threads as there may be; asks after each."""
        threads, given = min(self._threads(), len(items)), list[Given]()
        if threads <= 1:
            return list(_asking(starmap(work, items), stop))
        with ThreadPoolExecutor(threads) as pool:
            futures = [pool.submit(work, *item) for item in items]
            try:
                given.extend(_asking((future.result() for future in futures), stop))
            except Cancelled:
                pool.shutdown(cancel_futures=True)
                raise
        return given


def _asking(results: Iterable[Given], stop: Stop) -> Iterator[Given]:
    for result in results:
        yield result
        if stop():
            raise Cancelled


def _beside(chunks: Sequence[tuple[int, int]], arrays: Array) -> list[tuple[int, int, Array]]:
    return [(begin, end, array) for (begin, end), array in zip(chunks, arrays, strict=True)]


def _chunks(count: int) -> list[tuple[int, int]]:
    return [(begin, min(begin + CHUNK, count)) for begin in range(0, count, CHUNK)]


@cache
def _keep_compiled() -> None:
    keep_compiled(*PARTS, write_harmonics)
