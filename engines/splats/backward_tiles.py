"""Footprints over each other as they are learnt: a picture of colours, and back from its gradient to each footprint.

Both ways go from near to far. What lies behind a splat is what the whole pixel shows less what was drawn so far: so
nothing need be kept of the way there but the picture, and no transmittance is divided back.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

from engines.core.camera import Array
from engines.splats.footprints import MOST_ALPHA

Compiled = TypeVar("Compiled", bound=Callable[..., object])

U, V, SLOPED, SLANT, UPRIGHT, REACH, OPACITY, RED = range(8)
"""Where a footprint has what; after the colours two numbers that keep it at 48 bytes. See `footprints.py`."""
WIDTH = 12
TILE_PX, LANES = 16, 8
AREA = TILE_PX * TILE_PX
CLEAREST = 1e-4
LOOK_EVERY = 16
CLEAR, LIVE, PLACE, SUM_RED, SUM_GREEN, SUM_BLUE, DONE, TOTAL = (number * AREA for number in range(8))
"""Where a tile has what of its pixels: transmittance; 1 where more may come; columns; sums, or on the way back the
gradient of the colours; what was drawn so far times that gradient, and the same of the whole pixel."""
STATE = 8 * AREA
SUMS = 9
"""Of a footprint in a row of tiles, with G = dL/dq of each pixel: G, G dx, G dy, G dx^2, G dx dy, G dy^2; and those of
the colour."""
CHANNELS = 4
"""Of a learnt picture: colours over black, and transmittance."""

# exp(-q / 2) = p(q)^16 for q up to 11.2, to 2e-6.
_P0, _P1, _P2 = np.float32(0.9999999270866498), np.float32(-0.031249672378945683), np.float32(0.0004880449462993778)
_P3, _P4 = np.float32(-5.026220169792412e-06), np.float32(3.3408135564134396e-08)
_ZERO, _ONE, _HALF = np.float32(0), np.float32(1), np.float32(0.5)
_CLEAREST, _MOST_ALPHA = np.float32(CLEAREST), np.float32(MOST_ALPHA)


def compiled_in_lanes(function: Compiled) -> Compiled:
    """The function compiled so that sums may be taken in lanes: in another order than written, always the same one."""
    made = numba.njit(nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})(function)
    return cast(Compiled, made)


@compiled_in_lanes
def list_rows(order: Array, rows: Array, height_rows: int) -> tuple[Array, Array, Array, Array]:
    """Which footprints reach into each row of tiles, the nearest first.

    Args:
        order: [M] int32 the numbers of those that are seen, the nearest first.
        rows: [N, 2] int32 the first and the last row of each; the last before the first where it is not seen.

    Returns:
        members: [P] int32 their numbers, row by row.
        slots: [P] int64 where each has its sums: those of one footprint lie side by side.
        ends: [rows + 1] int64 where each row begins.
        firsts: [N + 1] int64 where each footprint's sums begin.
    """
    firsts, ends = np.zeros(len(rows) + 1, dtype=np.int64), np.zeros(height_rows + 1, dtype=np.int64)
    for splat in range(len(rows)):
        firsts[splat + 1] = firsts[splat] + max(0, rows[splat, 1] - rows[splat, 0] + 1)
        for row in range(rows[splat, 0], rows[splat, 1] + 1):
            ends[row + 1] += 1
    for row in range(height_rows):
        ends[row + 1] += ends[row]
    members, slots = np.empty(firsts[-1], dtype=np.int32), np.empty(firsts[-1], dtype=np.int64)
    places = ends.copy()
    for number in range(len(order)):
        splat = order[number]
        for row in range(rows[splat, 0], rows[splat, 1] + 1):
            members[places[row]], slots[places[row]] = splat, firsts[splat] + row - rows[splat, 0]
            places[row] += 1
    return members, slots, ends, firsts


@compiled_in_lanes
def _columns(footprint: Array, top: float, bottom: float, width: int) -> tuple[int, int]:
    """The first and the last tile of a row, whose pixels' middles lie between `top` and `bottom`."""
    reach = math.sqrt(footprint[REACH])
    slanted, wide = footprint[SLANT] / footprint[UPRIGHT], 1 / footprint[SLOPED]
    farthest = reach * slanted / math.sqrt(slanted * slanted + wide * wide)
    low = max(-reach, (top - footprint[V]) * footprint[UPRIGHT])
    high = min(reach, (bottom - footprint[V]) * footprint[UPRIGHT])
    at_right, at_left = min(max(farthest, low), high), min(max(-farthest, low), high)
    right = slanted * at_right + wide * math.sqrt(max(0.0, reach * reach - at_right * at_right))
    left = slanted * at_left - wide * math.sqrt(max(0.0, reach * reach - at_left * at_left))
    first = max(0.0, math.ceil(footprint[U] + left - 0.501))
    last = min(width - 1.0, math.floor(footprint[U] + right - 0.499))
    return int(first) // TILE_PX, int(last) // TILE_PX if last >= first else -1


@compiled_in_lanes
def draw_row(footprints: Array, members: Array, row: int, picture: Array) -> tuple[Array, Array]:
    """Draws a row of tiles.

    Args:
        footprints: [N, WIDTH] float32.
        members: [M] int32, those that reach into the row, the nearest first.
        picture: [H, W, CHANNELS] float32, written where the row is.

    Returns:
        listed: [L] int32 places in `members`, tile by tile.
        ends: [tiles + 1] int64 where each tile begins.
    """
    height, width = picture.shape[0], picture.shape[1]
    top, bottom = row * TILE_PX, min((row + 1) * TILE_PX, height)
    tiles = -(-width // TILE_PX)
    spans, ends = np.empty((members.size, 2), dtype=np.int32), np.zeros(tiles + 1, dtype=np.int64)
    for member in range(members.size):
        first, last = _columns(footprints[members[member]], top + 0.5, bottom - 0.5, width)
        spans[member, 0], spans[member, 1] = first, last
        for tile in range(first, last + 1):
            ends[tile + 1] += 1
    for tile in range(tiles):
        ends[tile + 1] += ends[tile]
    listed, places = np.empty(ends[tiles], dtype=np.int32), ends[:-1].copy()
    for member in range(members.size):
        for tile in range(spans[member, 0], spans[member, 1] + 1):
            listed[places[tile]] = member
            places[tile] += 1
    state = np.empty(STATE, dtype=np.float32)
    for tile in range(tiles):
        left = tile * TILE_PX
        _begin(state, bottom - top, min(TILE_PX, width - left))
        for number in range(ends[tile], ends[tile + 1]):
            if (number - ends[tile]) % LOOK_EVERY == 0 and not _is_live(state):
                break
            _draw(state, footprints[members[listed[number]]], left, top, bottom)
        for y in range(top, bottom):
            for x in range(left, min(left + TILE_PX, width)):
                pixel = (y - top) * TILE_PX + x - left
                for channel in range(3):
                    picture[y, x, channel] = state[SUM_RED + channel * AREA + pixel]
                picture[y, x, 3] = state[CLEAR + pixel]
    return listed, ends


@compiled_in_lanes
def _begin(state: Array, rows: int, columns: int) -> None:
    """Empties a tile, of which so many rows and columns belong to the picture."""
    for pixel in range(AREA):
        y, x = pixel // TILE_PX, pixel % TILE_PX
        state[CLEAR + pixel] = 1
        state[LIVE + pixel] = 1 if y < rows and x < columns else 0
        state[PLACE + pixel] = x
        for one in range(SUM_RED, STATE, AREA):
            state[one + pixel] = 0


@compiled_in_lanes
def _is_live(state: Array) -> bool:
    most = _ZERO
    for pixel in range(LIVE, LIVE + AREA):
        most += state[pixel]
    return bool(most > 0)


@compiled_in_lanes
def _rows_of(footprint: Array, top: int, bottom: int) -> tuple[int, int]:
    """The first row of pixels within a row of tiles that it reaches into, and the one behind the last."""
    high = math.sqrt(footprint[REACH]) / footprint[UPRIGHT]
    first = max(top, int(max(-1.0, math.ceil(footprint[V] - high - 0.501))))
    return first, min(bottom - 1, int(min(1e9, math.floor(footprint[V] + high - 0.499)))) + 1


@compiled_in_lanes
def _lanes_of(middle: Any, half: Any) -> tuple[int, int]:
    """The first lane of those that a run of pixels lies in, and how many: whole blocks."""
    if middle + half < -_ONE or middle - half > TILE_PX:
        return 0, 0
    first = int(max(_ZERO, middle - half)) // LANES
    last = int(min(np.float32(TILE_PX - 1), max(_ZERO, middle + half + _ONE))) // LANES
    return first * LANES, (last - first + 1) * LANES


@compiled_in_lanes
def _draw(state: Array, footprint: Array, left: int, top: int, bottom: int) -> None:
    """Draws a footprint over a tile."""
    reach, sloped, opacity = footprint[REACH], footprint[SLOPED], footprint[OPACITY]
    red, green, blue = footprint[RED], footprint[RED + 1], footprint[RED + 2]
    begin, end = _rows_of(footprint, top, bottom)
    for y in range(begin, end):
        dy = np.float32(y + 0.5 - footprint[V])
        along = footprint[UPRIGHT] * dy
        along *= along
        middle = np.float32(footprint[U] + footprint[SLANT] * dy - (left + 0.5))
        first, count = _lanes_of(middle, np.float32(math.sqrt(max(_ZERO, reach - along)) / sloped))
        base = (y - top) * TILE_PX + first
        for pixel in range(base, base + count):
            before, live = state[CLEAR + pixel], state[LIVE + pixel]
            sideways = sloped * (state[PLACE + pixel] - middle)
            q = sideways * sideways + along
            power = _P0 + q * (_P1 + q * (_P2 + q * (_P3 + q * _P4)))
            power *= power
            power *= power
            power *= power
            power *= power
            alpha = opacity * power
            alpha = alpha if alpha < _MOST_ALPHA else _MOST_ALPHA
            alpha = alpha * live if q <= reach else _ZERO
            after = before - before * alpha
            ends = after < _CLEAREST
            live, after = _ZERO if ends else live, before if ends else after
            weight = before - after
            state[CLEAR + pixel], state[LIVE + pixel] = after, live
            state[SUM_RED + pixel] += weight * red
            state[SUM_GREEN + pixel] += weight * green
            state[SUM_BLUE + pixel] += weight * blue


@compiled_in_lanes
def differentiate_row(
    footprints: Array, members: Array, slots: Array, listed: Array, ends: Array, row: int,
    picture: Array, slopes: Array, background: Array, sums: Array,
) -> None:  # fmt: skip
    """Adds up, for each footprint of a row of tiles, the gradient of its pixels.

    Args:
        footprints, members, picture: as `draw_row` got and wrote them; `listed` and `ends` as it gave them.
        slots: [M] where each of the members has its sums.
        slopes: [H, W, 3] float32 the loss by the colours over the background.
        background: [H, W, 3] float32.
        sums: [P, SUMS] float32, written where the row's slots are.
    """
    height, width = picture.shape[0], picture.shape[1]
    top, bottom = row * TILE_PX, min((row + 1) * TILE_PX, height)
    for member in range(slots.size):
        for one in range(SUMS):
            sums[slots[member], one] = 0
    state = np.empty(STATE, dtype=np.float32)
    for tile in range(ends.size - 1):
        left = tile * TILE_PX
        _begin(state, bottom - top, min(TILE_PX, width - left))
        for y in range(top, bottom):
            for x in range(left, min(left + TILE_PX, width)):
                pixel, total = (y - top) * TILE_PX + x - left, _ZERO
                for channel in range(3):
                    shown = picture[y, x, channel] + picture[y, x, 3] * background[y, x, channel]
                    total += slopes[y, x, channel] * shown
                    state[SUM_RED + channel * AREA + pixel] = slopes[y, x, channel]
                state[TOTAL + pixel] = total
        for number in range(ends[tile], ends[tile + 1]):
            if (number - ends[tile]) % LOOK_EVERY == 0 and not _is_live(state):
                break
            member = listed[number]
            _differentiate(state, footprints[members[member]], left, top, bottom, sums[slots[member]])


@compiled_in_lanes
def _differentiate(state: Array, footprint: Array, left: int, top: int, bottom: int, sums: Array) -> None:
    """Adds the gradient of a tile's pixels to a footprint's sums [SUMS]."""
    reach, sloped = footprint[REACH], footprint[SLOPED]
    centre = np.float32(footprint[U] - (left + 0.5))
    g, gx, gy, gxx, gxy, gyy = _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO
    red, green, blue = _ZERO, _ZERO, _ZERO
    begin, end = _rows_of(footprint, top, bottom)
    for y in range(begin, end):
        dy = np.float32(y + 0.5 - footprint[V])
        along = footprint[UPRIGHT] * dy
        along *= along
        middle = np.float32(footprint[U] + footprint[SLANT] * dy - (left + 0.5))
        first, count = _lanes_of(middle, np.float32(math.sqrt(max(_ZERO, reach - along)) / sloped))
        base = (y - top) * TILE_PX + first
        run = _differentiate_run(state, base, count, footprint, middle, along, centre)
        g += run[0]
        gx += run[1]
        gxx += run[2]
        gy += dy * run[0]
        gxy += dy * run[1]
        gyy += dy * dy * run[0]
        red += run[3]
        green += run[4]
        blue += run[5]
    for one, value in enumerate((g, gx, gy, gxx, gxy, gyy, red, green, blue)):
        sums[one] += value


@compiled_in_lanes
def _differentiate_run(
    state: Array, base: int, count: int, footprint: Array, middle: Any, along: Any, centre: Any
) -> tuple[Any, Any, Any, Any, Any, Any]:
    """Sums over pixels side by side: of G, G dx, G dx^2, and of the gradient by the colours."""
    reach, sloped, opacity = footprint[REACH], footprint[SLOPED], footprint[OPACITY]
    red, green, blue = footprint[RED], footprint[RED + 1], footprint[RED + 2]
    g, gx, gxx, by_red, by_green, by_blue = _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, _ZERO
    for pixel in range(base, base + count):
        before, live, place = state[CLEAR + pixel], state[LIVE + pixel], state[PLACE + pixel]
        sideways = sloped * (place - middle)
        q = sideways * sideways + along
        power = _P0 + q * (_P1 + q * (_P2 + q * (_P3 + q * _P4)))
        power *= power
        power *= power
        power *= power
        power *= power
        bare = opacity * power
        alpha = bare if bare < _MOST_ALPHA else _MOST_ALPHA
        alpha = alpha * live if q <= reach else _ZERO
        after = before - before * alpha
        ends = after < _CLEAREST
        live, after = _ZERO if ends else live, before if ends else after
        weight = before - after
        slope_red, slope_green, slope_blue = (
            state[SUM_RED + pixel], state[SUM_GREEN + pixel], state[SUM_BLUE + pixel]
        )  # fmt: skip
        towards = slope_red * red + slope_green * green + slope_blue * blue
        done = state[DONE + pixel] + weight * towards
        by_alpha = before * towards - (state[TOTAL + pixel] - done) / (_ONE - alpha)
        bent = -_HALF * alpha * by_alpha
        # Where opacity is held at the most, or nothing was drawn, nothing changes.
        bent = _ZERO if ends or bare >= _MOST_ALPHA else bent
        state[CLEAR + pixel], state[LIVE + pixel], state[DONE + pixel] = after, live, done
        dx = place - centre
        g += bent
        gx += bent * dx
        gxx += bent * dx * dx
        by_red += weight * slope_red
        by_green += weight * slope_green
        by_blue += weight * slope_blue
    return g, gx, gxx, by_red, by_green, by_blue
