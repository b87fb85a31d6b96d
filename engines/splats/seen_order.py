"""Which splats a camera may see, and in which order, for whoever draws them otherwise than `drawing` does.

Far less is looked at than for a footprint, so it is there many times a second: the centre, and how far a splat can
reach at most.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from engines.core.camera import Array, Camera
from engines.splats.compiled import compiled
from engines.splats.footprints import DILATION, LEAST_ALPHA, packed_camera
from engines.splats.ordering import near_to_far
from engines.splats.splats import Splats

KEY_BITS = 16
"""Of a depth's key: one pass sorts by it."""
DILATED_PX = math.sqrt(2 * math.log(1 / LEAST_ALPHA) * DILATION)
"""How far at most the dilation alone has a splat reach."""
FEW = 2**18
"""Splats that are put in order by all digits within some milliseconds more."""
CHUNK = 2**16
"""Splats that a thread looks at before the next."""


class SeenOrder:
    """Finds the order again and again, for one thread; it may use several."""

    def __init__(self, splats: Splats, near: float, threads: Callable[[], int]) -> None:
        """`near`: along +z; `threads`: how many there may be now."""
        self._positions, self._near, self._threads = splats.positions, near, threads
        self._reaches = reaches(splats)
        count = len(splats)
        self._numbers, self._depths = np.empty(count, dtype=np.uint32), np.empty(count)

    def near_to_far(self, camera: Camera, exactly: bool) -> Array:
        """[M] uint32 numbers of the splats that may be seen, the nearest first.

        Args:
            exactly: by all digits of their depths, of equal ones that which comes first; else, where there are more
                than `FEW`, by `KEY_BITS`.
        """
        numbers, depths = self._seen(camera)
        if not len(numbers):
            return numbers
        if exactly or len(numbers) <= FEW:
            return np.asarray(numbers[near_to_far(depths)])
        ordered = np.empty_like(numbers)
        sort_by_keys(numbers, keys_of(depths), 1 << KEY_BITS, ordered)
        return ordered

    def _seen(self, camera: Camera) -> tuple[Array, Array]:
        """[M] uint32 the numbers of those that may be seen, and [M] float64 their depths along +z."""
        packed, count = packed_camera(camera), len(self._positions)
        begins = range(0, count, CHUNK)
        if not begins:
            return self._numbers, self._depths

        def seen_from(begin: int) -> slice:
            end = min(begin + CHUNK, count)
            given = (self._positions, self._reaches, packed, self._near, self._numbers, self._depths)
            return slice(begin, begin + look(*given, begin, end))

        with ThreadPoolExecutor(max(1, min(self._threads(), len(begins)))) as pool:
            parts = list(pool.map(seen_from, begins))
        return np.concatenate([self._numbers[part] for part in parts]), np.concatenate(
            [self._depths[part] for part in parts]
        )


def reaches(splats: Splats) -> Array:
    """[N] float32 world units from their centres to where they end; -1 of those that are too faint to be seen."""
    opacities = 1 / (1 + np.exp(-np.maximum(splats.opacity_logits, -80).astype(np.float64)))
    with np.errstate(invalid="ignore"):
        deviations = np.sqrt(2 * np.log(opacities / LEAST_ALPHA))
    largest = np.exp(splats.log_scales.max(axis=1).astype(np.float64)) if len(splats) else 0
    return np.where(opacities >= LEAST_ALPHA, deviations * largest, -1).astype(np.float32)


@compiled
def look(
    positions: Array, reaches: Array, camera: Array, near: float, numbers: Array, depths: Array, begin: int, end: int
) -> int:
    """Writes the numbers and depths of those of the splats from `begin` to `end` that may be seen; how many these are.

    Args:
        positions: [N, 3] float32.
        reaches: [N] of `reaches`.
        camera: of `packed_camera`.
        near: along +z.
        numbers, depths: [N], written from `begin` on.
    """
    # The most that the perspective stretches anything that is as large and as far away.
    across, along = max(-camera[18], camera[19]), max(-camera[20], camera[21])
    wide, high = camera[12] * math.sqrt(1 + across * across), camera[13] * math.sqrt(1 + along * along)
    seen = begin
    for splat in range(begin, end):
        if reaches[splat] < 0:
            continue
        x = positions[splat, 0] - camera[9]
        y = positions[splat, 1] - camera[10]
        z = positions[splat, 2] - camera[11]
        depth = camera[6] * x + camera[7] * y + camera[8] * z
        if not depth > near:
            continue
        u = camera[12] * (camera[0] * x + camera[1] * y + camera[2] * z) / depth + camera[14]
        v = camera[13] * (camera[3] * x + camera[4] * y + camera[5] * z) / depth + camera[15]
        right, down = wide * reaches[splat] / depth + DILATED_PX, high * reaches[splat] / depth + DILATED_PX
        if u + right >= 0 and u - right <= camera[16] and v + down >= 0 and v - down <= camera[17]:
            numbers[seen], depths[seen] = splat, depth
            seen += 1
    return seen - begin


def keys_of(depths: Array) -> Array:
    """[M] uint32 keys below 2^KEY_BITS of the depths [M], which are above 0, in their order where they tell them apart.

    The highest bits of float32, which grow with the numbers: what is near is told apart more finely.
    """
    # What is beyond float32 comes last.
    with np.errstate(over="ignore"):
        bits = depths.astype(np.float32).view(np.uint32)
    bits -= bits.min()
    return np.asarray(bits >> np.uint32(max(int(bits.max()).bit_length() - KEY_BITS, 0)))


@compiled
def sort_by_keys(numbers: Array, keys: Array, count: int, ordered: Array) -> None:
    """Writes `numbers` [M] in the order of their `keys` [M], of which there may be `count`; stable."""
    ends = np.zeros(count + 1, dtype=np.int64)
    for place in range(keys.size):
        ends[keys[place] + 1] += 1
    for key in range(count):
        ends[key + 1] += ends[key]
    for place in range(keys.size):
        key = keys[place]
        ordered[ends[key]] = numbers[place]
        ends[key] += 1
