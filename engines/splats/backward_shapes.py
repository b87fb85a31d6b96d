"""Splats as the footprints that are learnt from, and back from a footprint's gradient to the splat's own numbers.

The equations are those of `footprints.py`; here a splat keeps its place, so that its gradient finds it again.
"""

from __future__ import annotations

import math

import numpy as np

from engines.core.camera import Array
from engines.splats.backward_tiles import (
    OPACITY,
    REACH,
    RED,
    SLANT,
    SLOPED,
    SUMS,
    TILE_PX,
    UPRIGHT,
    U,
    V,
)
from engines.splats.compiled import compiled
from engines.splats.footprints import DILATION, LEAST_ALPHA, LEAST_COMPENSATION
from engines.splats.harmonic_gradients import write_harmonic_gradients
from engines.splats.harmonics import write_harmonics


@compiled
def _turn_of(quaternion: Array, turn: Array, unit: Array) -> float:
    """Writes the quaternion at length 1 [4] and its rotation [3, 3] from own axes to the world; gives its length."""
    length = 0.0
    for one in range(4):
        length += float(quaternion[one]) * quaternion[one]
    length = math.sqrt(length)
    for one in range(4):
        unit[one] = quaternion[one] / length
    w, x, y, z = unit[0], unit[1], unit[2], unit[3]
    turn[0, 0], turn[0, 1], turn[0, 2] = 1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)
    turn[1, 0], turn[1, 1], turn[1, 2] = 2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)
    turn[2, 0], turn[2, 1], turn[2, 2] = 2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)
    return length


@compiled
def _write_axes(across: float, along: float, depth: float, log_scales: Array, turn: Array, camera: Array,
                axes: Array, factors: Array) -> None:  # fmt: skip
    """Writes, of a splat at x / z, y / z and z in the camera, its own axes in the picture, and what they are made by.

    Args:
        axes: [2, 3] float64, px: how far each own axis, a standard deviation long, goes right and down.
        factors: [2, 3] float64: the rows of the perspective's Jacobian times the rotation into the camera.
    """
    across, along = min(max(across, camera[18]), camera[19]), min(max(along, camera[20]), camera[21])
    for axis in range(3):
        factors[0, axis] = camera[12] / depth * (camera[axis] - across * camera[6 + axis])
        factors[1, axis] = camera[13] / depth * (camera[3 + axis] - along * camera[6 + axis])
    for own in range(3):
        scale = math.exp(log_scales[own])
        for side in range(2):
            axes[side, own] = scale * (
                factors[side, 0] * turn[0, own] + factors[side, 1] * turn[1, own] + factors[side, 2] * turn[2, own]
            )


@compiled
def _covariance(axes: Array) -> tuple[float, float, float, float]:
    """xx, xy and yy in the picture, square pixels, and their determinant as a sum of squares."""
    xx = axes[0, 0] * axes[0, 0] + axes[0, 1] * axes[0, 1] + axes[0, 2] * axes[0, 2]
    xy = axes[0, 0] * axes[1, 0] + axes[0, 1] * axes[1, 1] + axes[0, 2] * axes[1, 2]
    yy = axes[1, 0] * axes[1, 0] + axes[1, 1] * axes[1, 1] + axes[1, 2] * axes[1, 2]
    area = (
        (axes[0, 0] * axes[1, 1] - axes[0, 1] * axes[1, 0]) ** 2
        + (axes[0, 0] * axes[1, 2] - axes[0, 2] * axes[1, 0]) ** 2
        + (axes[0, 1] * axes[1, 2] - axes[0, 2] * axes[1, 1]) ** 2
    )
    return xx, xy, yy, area


@compiled
def project_learnt(
    positions: Array, log_scales: Array, quaternions: Array, opacity_logits: Array, harmonics: Array, terms: int,
    camera: Array, near: float, antialiased: bool, footprints: Array, depths: Array, rows: Array, begin: int, end: int,
) -> None:  # fmt: skip
    """Writes the footprints of the splats from `begin` to `end`, each in its place.

    Args:
        positions, log_scales, quaternions, opacity_logits, harmonics: of `Splats`; of harmonics the first `terms`
            count.
        camera: of `footprints.packed_camera`.
        near: along +z; a splat whose centre is no farther away is left out.
        antialiased: whether opacities make up for the dilation.
        footprints: [N, WIDTH] float32.
        depths: [N] float64 of the centres along +z.
        rows: [N, 2] int32, the first and the last row of tiles; the last before the first where nothing is seen.
    """
    turn, unit, axes, factors = np.empty((3, 3)), np.empty(4), np.empty((2, 3)), np.empty((2, 3))
    values = np.empty(terms)
    for splat in range(begin, end):
        rows[splat, 0], rows[splat, 1] = 0, -1
        x, y, z = (
            positions[splat, 0] - camera[9], positions[splat, 1] - camera[10], positions[splat, 2] - camera[11]
        )  # fmt: skip
        depth = camera[6] * x + camera[7] * y + camera[8] * z
        opacity = 1 / (1 + math.exp(-opacity_logits[splat]))
        if not (depth > near and opacity >= LEAST_ALPHA):
            continue
        across = (camera[0] * x + camera[1] * y + camera[2] * z) / depth
        along = (camera[3] * x + camera[4] * y + camera[5] * z) / depth
        _turn_of(quaternions[splat], turn, unit)
        _write_axes(across, along, depth, log_scales[splat], turn, camera, axes, factors)
        xx, xy, yy, area = _covariance(axes)
        dilated = area + DILATION * (xx + yy) + DILATION * DILATION
        if antialiased:
            opacity *= math.sqrt(max(LEAST_COMPENSATION, area / dilated))
        reach = 2 * math.log(opacity / LEAST_ALPHA)
        xx, yy = xx + DILATION, yy + DILATION
        if not (reach >= 0 and dilated < math.inf):
            continue
        u, v = camera[12] * across + camera[14], camera[13] * along + camera[15]
        wide, high = math.sqrt(reach * xx), math.sqrt(reach * yy)
        if not (u + wide >= 0.5 and u - wide <= camera[16] - 0.5 and v + high >= 0.5 and v - high <= camera[17] - 0.5):
            continue
        row = footprints[splat]
        row[U], row[V], row[REACH], row[OPACITY] = u, v, reach, opacity
        row[SLOPED], row[SLANT], row[UPRIGHT] = math.sqrt(yy / dilated), xy / yy, 1 / math.sqrt(yy)
        length = math.sqrt(x * x + y * y + z * z)
        write_harmonics(x / length, y / length, z / length, terms, values)
        for channel in range(3):
            colour = 0.5
            for term in range(terms):
                colour += values[term] * harmonics[splat, term, channel]
            row[RED + channel] = colour if colour > 0 else 0.0
        depths[splat] = depth
        top = max(0.0, math.ceil(v - high - 0.501))
        bottom = min(camera[17] - 1.0, math.floor(v + high - 0.499))
        if bottom >= top:
            rows[splat, 0], rows[splat, 1] = int(top) // TILE_PX, int(bottom) // TILE_PX


@compiled
def differentiate_splats(
    positions: Array, log_scales: Array, quaternions: Array, opacity_logits: Array, harmonics: Array, terms: int,
    camera: Array, antialiased: bool, footprints: Array, sums: Array, firsts: Array,
    by_position: Array, by_scale: Array, by_turn: Array, by_opacity: Array, by_harmonics: Array, begin: int, end: int,
) -> float:  # fmt: skip
    """Writes the gradients of the splats from `begin` to `end`; 0 of those that aren't seen.

    Args:
        positions ... antialiased, footprints: as for `project_learnt`.
        sums: [P, SUMS] float32 of `differentiate_row`; those of a splat from `firsts` [N + 1] of it on.
        by_position, by_scale, by_turn, by_opacity, by_harmonics: float32, in the splats' shapes; of harmonics the first
            `terms` are written.

    Returns:
        their sum, which is finite where all are.
    """
    turn, unit, axes, factors = np.empty((3, 3)), np.empty(4), np.empty((2, 3)), np.empty((2, 3))
    found, by_axes, by_rotation, by_direction = np.empty(SUMS), np.empty((2, 3)), np.empty((3, 3)), np.empty(3)
    checked = 0.0
    for splat in range(begin, end):
        by_position[splat], by_scale[splat], by_turn[splat], by_opacity[splat] = 0, 0, 0, 0
        by_harmonics[splat, :terms] = 0
        if firsts[splat + 1] == firsts[splat]:
            continue
        for one in range(SUMS):
            found[one] = 0
            for slot in range(firsts[splat], firsts[splat + 1]):
                found[one] += sums[slot, one]
        x, y, z = (
            positions[splat, 0] - camera[9], positions[splat, 1] - camera[10], positions[splat, 2] - camera[11]
        )  # fmt: skip
        depth = camera[6] * x + camera[7] * y + camera[8] * z
        across = (camera[0] * x + camera[1] * y + camera[2] * z) / depth
        along = (camera[3] * x + camera[4] * y + camera[5] * z) / depth
        length = _turn_of(quaternions[splat], turn, unit)
        _write_axes(across, along, depth, log_scales[splat], turn, camera, axes, factors)
        bare = 1 / (1 + math.exp(-opacity_logits[splat]))
        by_xx, by_xy, by_yy, by_u, by_v, compensation = _by_covariance(axes, found, antialiased)
        by_opacity[splat] = -2 * found[0] * (1 - bare) if compensation > 0 else 0
        _by_axes(axes, by_xx, by_xy, by_yy, by_axes)
        for own in range(3):
            by_scale[splat, own] = by_axes[0, own] * axes[0, own] + by_axes[1, own] * axes[1, own]
            scale = math.exp(log_scales[splat, own])
            for axis in range(3):
                by_rotation[axis, own] = scale * (
                    by_axes[0, own] * factors[0, axis] + by_axes[1, own] * factors[1, axis]
                )
        _by_quaternion(unit, by_rotation, length, by_turn[splat])
        _by_colour(x, y, z, terms, harmonics[splat], footprints[splat], found, by_harmonics[splat], by_direction)
        right, down, deep = _by_place(
            across, along, depth, log_scales[splat], turn, camera, factors, by_axes, by_u, by_v
        )  # fmt: skip
        for axis in range(3):
            by_position[splat, axis] = (
                camera[axis] * right + camera[3 + axis] * down + camera[6 + axis] * deep + by_direction[axis]
            )
            checked += by_position[splat, axis] + by_scale[splat, axis] + by_turn[splat, axis]
        checked += by_turn[splat, 3] + by_opacity[splat] + by_harmonics[splat, 0, 0]
    return checked


@compiled
def _by_colour(
    x: float, y: float, z: float, terms: int, harmonics: Array, footprint: Array, found: Array,
    by_harmonics: Array, by_offset: Array,
) -> None:  # fmt: skip
    """Writes the gradient by a splat's harmonics, and by its offset from the camera as far as colours go by that.

    Args:
        x, y, z: the offset, in the world's axes.
        harmonics: [K, 3], of which the first `terms` count.
        footprint: [WIDTH]; a colour that is held at 0 changes nothing.
        found: [SUMS] the splat's own.
        by_harmonics: [K, 3].
        by_offset: [3].
    """
    away = math.sqrt(x * x + y * y + z * z)
    values, slopes = np.empty(terms), np.empty((terms, 3))
    write_harmonics(x / away, y / away, z / away, terms, values)
    write_harmonic_gradients(x / away, y / away, z / away, terms, slopes)
    by_offset[:] = 0
    for channel in range(3):
        slope = found[6 + channel] if footprint[RED + channel] > 0 else 0.0
        for term in range(terms):
            by_harmonics[term, channel] = slope * values[term]
            weight = slope * harmonics[term, channel]
            for axis in range(3):
                by_offset[axis] += weight * slopes[term, axis]
    inwards = (by_offset[0] * x + by_offset[1] * y + by_offset[2] * z) / (away * away)
    by_offset[0] = (by_offset[0] - inwards * x) / away
    by_offset[1] = (by_offset[1] - inwards * y) / away
    by_offset[2] = (by_offset[2] - inwards * z) / away


@compiled
def _by_covariance(axes: Array, found: Array, antialiased: bool) -> tuple[float, float, float, float, float, float]:
    """The gradient by xx, xy, yy, and by the centre; and the share of the opacity that is left of the splat's own."""
    xx, xy, yy, area = _covariance(axes)
    dilated = area + DILATION * (xx + yy) + DILATION * DILATION
    wide, high = xx + DILATION, yy + DILATION
    # The inverse covariance.
    a, b, c = high / dilated, -xy / dilated, wide / dilated
    t00, t01 = a * found[3] + b * found[4], a * found[4] + b * found[5]
    t10, t11 = b * found[3] + c * found[4], b * found[4] + c * found[5]
    by_xx, by_xy, by_yy = -(t00 * a + t01 * b), -2 * (t00 * b + t01 * c), -(t10 * b + t11 * c)
    by_u, by_v = -2 * (a * found[1] + b * found[2]), -2 * (b * found[1] + c * found[2])
    compensation = 1.0
    if antialiased:
        share = area / dilated
        compensation = math.sqrt(max(LEAST_COMPENSATION, share))
        if share > LEAST_COMPENSATION:
            # Of the logarithm of the root of the share; -2 G is the gradient by the logarithm of opacity.
            by_log = -found[0]
            by_xx += by_log * (yy / area - high / dilated)
            by_yy += by_log * (xx / area - wide / dilated)
            by_xy += by_log * (-2 * xy / area + 2 * xy / dilated)
    return by_xx, by_xy, by_yy, by_u, by_v, compensation


@compiled
def _by_axes(axes: Array, by_xx: float, by_xy: float, by_yy: float, by_axes: Array) -> None:
    for own in range(3):
        by_axes[0, own] = 2 * by_xx * axes[0, own] + by_xy * axes[1, own]
        by_axes[1, own] = 2 * by_yy * axes[1, own] + by_xy * axes[0, own]


@compiled
def _by_place(
    across: float, along: float, depth: float, log_scales: Array, turn: Array, camera: Array, factors: Array,
    by_axes: Array, by_u: float, by_v: float,
) -> tuple[float, float, float]:  # fmt: skip
    """The gradient by the centre's x, y and z in the camera, of the shape's and the centre's way into the picture."""
    by_across, by_along, by_depth = camera[12] * by_u, camera[13] * by_v, 0.0
    clamped = across < camera[18] or across > camera[19], along < camera[20] or along > camera[21]
    for axis in range(3):
        right, down = 0.0, 0.0
        for own in range(3):
            scale = math.exp(log_scales[own])
            right += by_axes[0, own] * scale * turn[axis, own]
            down += by_axes[1, own] * scale * turn[axis, own]
        if not clamped[0]:
            by_across -= camera[12] / depth * right * camera[6 + axis]
        if not clamped[1]:
            by_along -= camera[13] / depth * down * camera[6 + axis]
        by_depth -= (right * factors[0, axis] + down * factors[1, axis]) / depth
    by_depth -= (across * by_across + along * by_along) / depth
    return by_across / depth, by_along / depth, by_depth


@compiled
def _by_quaternion(unit: Array, by: Array, length: float, written: Array) -> None:
    """Writes the gradient by a quaternion [4] of that length, of the gradient `by` [3, 3] of its rotation."""
    w, x, y, z = unit[0], unit[1], unit[2], unit[3]
    by_w = 2 * (z * (by[1, 0] - by[0, 1]) + y * (by[0, 2] - by[2, 0]) + x * (by[2, 1] - by[1, 2]))
    by_x = 2 * (y * (by[0, 1] + by[1, 0]) + z * (by[0, 2] + by[2, 0]) + w * (by[2, 1] - by[1, 2]))
    by_x -= 4 * x * (by[1, 1] + by[2, 2])
    by_y = 2 * (x * (by[0, 1] + by[1, 0]) + z * (by[1, 2] + by[2, 1]) + w * (by[0, 2] - by[2, 0]))
    by_y -= 4 * y * (by[0, 0] + by[2, 2])
    by_z = 2 * (x * (by[0, 2] + by[2, 0]) + y * (by[1, 2] + by[2, 1]) + w * (by[1, 0] - by[0, 1]))
    by_z -= 4 * z * (by[0, 0] + by[1, 1])
    # What would only change its length changes nothing.
    outwards = by_w * w + by_x * x + by_y * y + by_z * z
    written[0], written[1] = (by_w - outwards * w) / length, (by_x - outwards * x) / length
    written[2], written[3] = (by_y - outwards * y) / length, (by_z - outwards * z) / length
