"""A picture of splats that are learnt, and the gradient of a loss of it, by the processor's threads.

What comes of it does not depend on how many threads there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np

from engines.core.camera import Array, Camera
from engines.splats.backward_shapes import differentiate_splats, project_learnt
from engines.splats.backward_tiles import CHANNELS, SUMS, TILE_PX, WIDTH, differentiate_row, draw_row, list_rows
from engines.splats.compiled import keep_compiled
from engines.splats.footprints import packed_camera
from engines.splats.ordering import near_to_far
from engines.splats.splats import ARRAYS, Splats

CHUNK = 2**11
"""Splats that a thread takes at once."""
Given = TypeVar("Given")


@dataclass(frozen=True, eq=False)
class LearntPicture:
    """A picture with what its gradient is found by.

    Attributes:
        colours: [H, W, 4] float32: over black, and the transmittance.
        terms: of the harmonics, that count.
        footprints: [N, WIDTH] float32.
        rows: for each row of tiles its members and their slots, and what of these each tile lists.
        firsts: [N + 1] where each splat's slots begin.
    """

    colours: Array
    splats: Splats
    camera: Array
    terms: int
    footprints: Array
    rows: Sequence[tuple[Array, Array, Array, Array]]
    firsts: Array


class Rasteriser:
    """Draws splats and finds gradients, on so many threads of its own."""

    def __init__(self, threads: int) -> None:
        _keep_compiled()
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def close(self) -> None:
        """Ends the threads."""
        if self._pool is not None:
            self._pool.shutdown()

    def each(self, work: Callable[..., Given], items: Sequence[tuple[int, ...]]) -> list[Given]:
        """What `work` gives of each item's numbers, in order."""
        if self._pool is None:
            return [work(*item) for item in items]
        return list(self._pool.map(lambda item: work(*item), items))

    def draw(self, splats: Splats, camera: Camera, near: float, terms: int) -> LearntPicture:
        """The picture from a camera, with the first `terms` of the harmonics."""
        count, (width, height), packed = len(splats), camera.size_px, packed_camera(camera)
        footprints, depths = np.empty((count, WIDTH), dtype=np.float32), np.empty(count)
        rows = np.empty((count, 2), dtype=np.int32)
        positions, scales, turns, logits, harmonics = (getattr(splats, name) for name in ARRAYS)

        def look(begin: int, end: int) -> None:
            project_learnt(
                positions, scales, turns, logits, harmonics, terms, packed, near, splats.antialiased,
                footprints, depths, rows, begin, end,
            )  # fmt: skip

        self.each(look, chunks(count))
        seen = np.flatnonzero(rows[:, 1] >= rows[:, 0]).astype(np.int32)
        order, tall = seen[near_to_far(depths[seen])], -(-height // TILE_PX)
        members, slots, ends, firsts = list_rows(order, rows, tall)
        picture = np.empty((height, width, CHANNELS), dtype=np.float32)

        def draw(row: int) -> tuple[Array, Array, Array, Array]:
            some = slice(ends[row], ends[row + 1])
            listed, tiles = draw_row(footprints, members[some], row, picture)
            return members[some], slots[some], listed, tiles

        drawn = self.each(draw, [(row,) for row in range(tall)])
        return LearntPicture(picture, splats, packed, terms, footprints, drawn, firsts)

    def differentiate(self, drawn: LearntPicture, slopes: Array, background: Array, into: Mapping[str, Array]) -> float:
        """Writes the gradients of a loss into arrays by the names of `ARRAYS`; gives their sum.

        Args:
            slopes: [H, W, 3] float32 the loss by the picture's colours over the background.
            background: [H, W, 3] float32.
        """
        splats, sums = drawn.splats, np.empty((int(drawn.firsts[-1]), SUMS), dtype=np.float32)
        positions, scales, turns, logits, harmonics = (getattr(splats, name) for name in ARRAYS)
        by_position, by_scale, by_turn, by_opacity, by_harmonics = (into[name] for name in ARRAYS)

        def go_back(row: int) -> None:
            members, slots, listed, tiles = drawn.rows[row]
            differentiate_row(
                drawn.footprints, members, slots, listed, tiles, row, drawn.colours, slopes, background, sums
            )  # fmt: skip

        def gather(begin: int, end: int) -> float:
            return differentiate_splats(
                positions, scales, turns, logits, harmonics, drawn.terms, drawn.camera, splats.antialiased,
                drawn.footprints, sums, drawn.firsts,
                by_position, by_scale, by_turn, by_opacity, by_harmonics, begin, end,
            )  # fmt: skip

        self.each(go_back, [(row,) for row in range(len(drawn.rows))])
        return float(np.sum(self.each(gather, chunks(len(splats)))))


def chunks(count: int) -> list[tuple[int, int]]:
    """The beginning and the end of each part of so many splats that is taken at once."""
    return [(begin, min(begin + CHUNK, count)) for begin in range(0, count, CHUNK)]


@cache
def _keep_compiled() -> None:
    keep_compiled(project_learnt, differentiate_splats, list_rows, draw_row, differentiate_row)
