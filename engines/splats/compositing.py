"""Footprints over each other, from near to far, in tiles of a picture."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

from engines.core.camera import Array
from engines.splats.compiled import compiled
from engines.splats.footprints import (
    CENTRE_X,
    CENTRE_Y,
    DEPTH,
    MOST_ALPHA,
    NORMAL,
    OPACITY,
    REACH,
    RED,
    SLANT,
    SLOPED,
    UPRIGHT,
)

Number: TypeAlias = np.floating[Any]

TILE_PX = 16
LANES = 8
"""Pixels side by side that are drawn at once, by one instruction each."""
CLEAREST = 1e-4
"""The transmittance below which nothing behind is drawn; the splat that would come below it is not, either."""
LOOK_EVERY = 16
"""Footprints, after which it is looked which pixels are still to be drawn."""
ACROSS = TILE_PX // LANES
"""Blocks in a row of a tile's pixels."""
CLEAR, SUM_RED, SUM_GREEN, SUM_BLUE, SUM_DEPTH, SUM_NORMAL, MEDIAN, PLACE = (
    number * LANES for number in (0, 1, 2, 3, 4, 5, 8, 9)
)
"""Where a block has what of its pixels: transmittance, its negative where nothing more comes; sums, of normals three;
the median depth; their places in the tile's row. One array with these distances, as else nothing tells that they don't
overlap."""
SUMS = 10
OUTPUTS = 9
"""Numbers of a pixel in the picture."""
OPAQUE, MEAN_DEPTH, MEDIAN_DEPTH, FIRST_NORMAL = 3, 4, 5, 6
"""Where a picture has what, after the colours; depths are +inf where nothing is, normals, which come last, of length 1,
or 0."""

# exp(-q / 2) = p(q)^16 for q up to 11.2, to 2e-6; math.exp would be called for one pixel after the other.
_P0, _P1, _P2 = np.float32(0.9999999270866498), np.float32(-0.031249672378945683), np.float32(0.0004880449462993778)
_P3, _P4 = np.float32(-5.026220169792412e-06), np.float32(3.3408135564134396e-08)
_ZERO, _ONE, _HALF, _FARTHEST = np.float32(0), np.float32(1), np.float32(0.5), np.float32(np.inf)
_CLEAREST, _MOST_ALPHA = np.float32(CLEAREST), np.float32(MOST_ALPHA)


@compiled
def count_in_rows(footprints: Array, height: int, begin: int, end: int, counts: Array) -> None:
    """Adds, for each row of tiles, how many of the footprints from `begin` to `end` reach into it, to `counts`."""
    for each in range(begin, end):
        first, last = _rows(footprints[each], height)
        for row in range(first, last + 1):
            counts[row] += 1


@compiled
def list_in_rows(footprints: Array, height: int, members: Array, begin: int, end: int, places: Array) -> None:
    """Writes the numbers of the footprints from `begin` to `end` into `members`, for each row from `places` on."""
    for each in range(begin, end):
        first, last = _rows(footprints[each], height)
        for row in range(first, last + 1):
            members[places[row]] = each
            places[row] += 1


@compiled
def _rows(footprint: Array, height: int) -> tuple[int, int]:
    """The first and the last row of tiles that it reaches into."""
    high = math.sqrt(footprint[REACH]) / footprint[UPRIGHT]
    top = max(0.0, math.ceil(footprint[CENTRE_Y] - high - 0.5))
    bottom = min(height - 1.0, math.floor(footprint[CENTRE_Y] + high - 0.5))
    return int(top) // TILE_PX, int(bottom) // TILE_PX if bottom >= top else -1


@compiled
def _columns(footprint: Array, top: float, bottom: float, width: int) -> tuple[int, int]:
    """The first and the last tile of a row whose pixels' middles lie between `top` and `bottom`."""
    reach = math.sqrt(footprint[REACH])
    # On the rim dy is e / UPRIGHT, and dx is slanted * e, more or less by sqrt(reach^2 - e^2) / SLOPED.
    slanted, wide = footprint[SLANT] / footprint[UPRIGHT], 1 / footprint[SLOPED]
    farthest = reach * slanted / math.sqrt(slanted * slanted + wide * wide)
    low = max(-reach, (top - footprint[CENTRE_Y]) * footprint[UPRIGHT])
    high = min(reach, (bottom - footprint[CENTRE_Y]) * footprint[UPRIGHT])
    at_right, at_left = min(max(farthest, low), high), min(max(-farthest, low), high)
    right = slanted * at_right + wide * math.sqrt(max(0.0, reach * reach - at_right * at_right))
    left = slanted * at_left - wide * math.sqrt(max(0.0, reach * reach - at_left * at_left))
    # A thousandth of a pixel more, for rounding.
    first = max(0.0, math.ceil(footprint[CENTRE_X] + left - 0.501))
    last = min(width - 1.0, math.floor(footprint[CENTRE_X] + right - 0.499))
    return int(first) // TILE_PX, int(last) // TILE_PX if last >= first else -1


@compiled
def composite_row(footprints: Array, picture: Array, row: int, members: Array) -> None:
    """Draws a row of tiles.

    Args:
        footprints: [N, WIDTH] float32.
        picture: [H, W, OUTPUTS] float32, written where the row is.
        members: [M] int32, those of them that reach into the row, the nearest first.
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
            listed[places[tile]] = members[member]
            places[tile] += 1
    blocks = np.empty((TILE_PX * ACROSS, SUMS * LANES), dtype=np.float32)
    for tile in range(tiles):
        _clear(blocks, bottom - top)
        _composite_tile(footprints, listed, ends[tile], ends[tile + 1], tile * TILE_PX, top, bottom, blocks)
        _write_tile(blocks, tile * TILE_PX, top, picture)


@compiled
def _clear(blocks: Array, rows: int) -> None:
    """Empties the blocks of a tile, of which only so many rows belong to the picture."""
    for block in range(blocks.shape[0]):
        for lane in range(LANES):
            for one in range(SUMS):
                blocks[block, one * LANES + lane] = 0
            blocks[block, CLEAR + lane] = 1 if block < rows * ACROSS else -1
            blocks[block, MEDIAN + lane] = np.inf
            blocks[block, PLACE + lane] = block % ACROSS * LANES + lane


@compiled
def _composite_tile(
    footprints: Array, listed: Array, begin: int, end: int, left: int, top: int, bottom: int, blocks: Array
) -> None:
    """Draws those that are `listed` from `begin` to `end` into the blocks of a tile."""
    live = np.ones(blocks.shape[0], dtype=np.bool_)
    for number in range(begin, end):
        if (number - begin) % LOOK_EVERY == 0 and not _look(blocks, live):
            return
        each = listed[number]
        centre_x, centre_y, upright = footprints[each, CENTRE_X], footprints[each, CENTRE_Y], footprints[each, UPRIGHT]
        reach, sloped, slant = footprints[each, REACH], footprints[each, SLOPED], footprints[each, SLANT]
        widest = _ONE / sloped
        high = math.sqrt(reach) / upright
        first = max(top, int(max(-1.0, math.ceil(centre_y - high - 0.501))))
        last = min(bottom - 1, int(min(1e9, math.floor(centre_y + high - 0.499))))
        for y in range(first, last + 1):
            dy = np.float32(y + 0.5 - centre_y)
            along = upright * dy
            along *= along
            half = math.sqrt(max(_ZERO, reach - along)) * widest
            # From the middle of the row's first pixel.
            middle = np.float32(centre_x + slant * dy - (left + 0.5))
            if middle + half < -_ONE or middle - half > TILE_PX:
                continue
            from_block = int(max(_ZERO, middle - half)) // LANES
            to_block = int(min(np.float32(TILE_PX - 1), max(_ZERO, middle + half + _ONE))) // LANES
            for block in range((y - top) * ACROSS + from_block, (y - top) * ACROSS + to_block + 1):
                if live[block]:
                    _composite_block(blocks[block], footprints[each], sloped, middle, along)


@compiled
def _composite_block(block: Array, footprint: Array, sloped: Number, middle: Number, along: Number) -> None:
    """Draws a footprint over pixels that lie side by side; written so that all are drawn at once.

    Nothing is stored for some of them only: such an instruction takes longer than all that is computed here.
    """
    reach, opacity, depth = footprint[REACH], footprint[OPACITY], footprint[DEPTH]
    red, green, blue = footprint[RED], footprint[RED + 1], footprint[RED + 2]
    normal_x, normal_y, normal_z = footprint[NORMAL], footprint[NORMAL + 1], footprint[NORMAL + 2]
    for lane in range(LANES):
        before, median = block[CLEAR + lane], block[MEDIAN + lane]
        sideways = sloped * (block[PLACE + lane] - middle)
        q = sideways * sideways + along
        power = _P0 + q * (_P1 + q * (_P2 + q * (_P3 + q * _P4)))
        power *= power
        power *= power
        power *= power
        power *= power
        alpha = opacity * power
        alpha = alpha if alpha < _MOST_ALPHA else _MOST_ALPHA
        alpha = alpha if q <= reach else _ZERO
        after = before - before * alpha
        # Of what is negative, too: there it ended before.
        ends = after < _CLEAREST
        weight = _ZERO if ends else before - after
        crossed = depth if before > _HALF and after <= _HALF else _FARTHEST
        block[CLEAR + lane] = -abs(before) if ends else after
        # It is crossed once.
        block[MEDIAN + lane] = crossed if crossed < median else median
        block[SUM_RED + lane] += weight * red
        block[SUM_GREEN + lane] += weight * green
        block[SUM_BLUE + lane] += weight * blue
        block[SUM_DEPTH + lane] += weight * depth
        block[SUM_NORMAL + lane] += weight * normal_x
        block[SUM_NORMAL + LANES + lane] += weight * normal_y
        block[SUM_NORMAL + 2 * LANES + lane] += weight * normal_z


@compiled
def _look(blocks: Array, live: Array) -> bool:
    """Notes the blocks in which more may come; whether there are any."""
    found = False
    for block in range(live.size):
        if live[block]:
            most = -_ONE
            for lane in range(LANES):
                most = max(most, blocks[block, CLEAR + lane])
            live[block] = most > 0
            found |= bool(most > 0)
    return found


@compiled
def _write_tile(blocks: Array, left: int, top: int, picture: Array) -> None:
    for y in range(top, min(top + TILE_PX, picture.shape[0])):
        for x in range(left, min(left + TILE_PX, picture.shape[1])):
            block, lane = (y - top) * ACROSS + (x - left) // LANES, (x - left) % LANES
            opacity = _ONE - abs(blocks[block, CLEAR + lane])
            for channel in range(3):
                picture[y, x, channel] = blocks[block, SUM_RED + channel * LANES + lane]
            picture[y, x, OPAQUE] = opacity
            picture[y, x, MEAN_DEPTH] = blocks[block, SUM_DEPTH + lane] / opacity if opacity > 0 else np.float32(np.inf)
            picture[y, x, MEDIAN_DEPTH] = blocks[block, MEDIAN + lane]
            squares = _ZERO
            for axis in range(3):
                squares += (
                    blocks[block, SUM_NORMAL + axis * LANES + lane] * blocks[block, SUM_NORMAL + axis * LANES + lane]
                )
            scale = 1 / math.sqrt(squares) if squares > 0 else 0.0
            for axis in range(3):
                picture[y, x, FIRST_NORMAL + axis] = blocks[block, SUM_NORMAL + axis * LANES + lane] * scale
