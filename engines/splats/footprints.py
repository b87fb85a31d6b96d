"""What splats are in a picture: their footprints, by the EWA splatting of Zwicker et al. 2002 as Kerbl et al. 2023 do.

A footprint is a row of `WIDTH` float32. With dx, dy from its centre to the middle of a pixel, its alpha there is
opacity * exp(-q / 2), `MOST_ALPHA` at most, with

    q = (SLOPED * (dx - SLANT * dy))^2 + (UPRIGHT * dy)^2

which is the Mahalanobis distance by the factors of Cholesky: unlike the sum of three products it keeps its digits for
needles of a hundred pixels. It counts where q <= REACH, which is where alpha is 1/255 or more: nothing else is cut.
"""

from __future__ import annotations

import math

import numpy as np

from engines.core.camera import Array, Camera
from engines.splats.compiled import compiled
from engines.splats.harmonics import write_harmonics

CENTRE_X, CENTRE_Y, SLOPED, SLANT, UPRIGHT, REACH, OPACITY = range(7)
RED, DEPTH, NORMAL = 7, 10, 11
WIDTH = 16
"""Numbers of a footprint: 64 bytes, a line of the processor's cache; the last two are not used."""
LEAST_ALPHA = 1 / 255
MOST_ALPHA = 0.99
DILATION = 0.3
"""Square pixels, added to the variance along both axes: no splat is smaller than about a pixel."""
LEAST_COMPENSATION = 0.000025
"""Of the share of its area that an antialiased splat had before; the root of it is what the authors' code takes."""
MARGIN = 0.15
"""Of a picture's side, beyond its edges: farther out the perspective is taken as it is there, else it explodes."""


def packed_camera(camera: Camera) -> Array:
    """[22] float64: rows of the rotation into the camera, its place, fx, fy, cx, cy, width, height, and the least and
    the most x / z and y / z that the perspective is taken at."""
    (fx, fy), (cx, cy), (width, height) = camera.focal_px, camera.centre_px, camera.size_px
    across = [-(cx + MARGIN * width) / fx, (width - cx + MARGIN * width) / fx]
    along = [-(cy + MARGIN * height) / fy, (height - cy + MARGIN * height) / fy]
    turn = camera.camera_to_world[:3, :3].T.ravel()
    return np.array([*turn, *camera.position, fx, fy, cx, cy, width, height, *across, *along], dtype=np.float64)


@compiled
def project(
    positions: Array,
    log_scales: Array,
    quaternions: Array,
    opacity_logits: Array,
    harmonics: Array,
    camera: Array,
    near: float,
    antialiased: bool,
    footprints: Array,
    depths: Array,
    begin: int,
    end: int,
) -> int:
    """Writes footprints and depths of those of the splats from `begin` to `end` that are seen; in their order.

    Args:
        positions, log_scales, quaternions, opacity_logits, harmonics: of `Splats`.
        camera: of `packed_camera`.
        near: along +z; a splat whose centre is no farther away is left out.
        antialiased: whether opacities make up for the dilation.
        footprints: [N, WIDTH] float32, written from `begin` on.
        depths: [N] float64 of the centres along +z, written from `begin` on.

    Returns:
        how many are seen.
    """
    turn, scales, values, seen = np.empty((3, 3)), np.zeros(3), np.empty(harmonics.shape[1]), begin
    for splat in range(begin, end):
        x = positions[splat, 0] - camera[9]
        y = positions[splat, 1] - camera[10]
        z = positions[splat, 2] - camera[11]
        depth = camera[6] * x + camera[7] * y + camera[8] * z
        opacity = 1 / (1 + math.exp(-opacity_logits[splat]))
        if not (depth > near and opacity >= LEAST_ALPHA):
            continue
        flattest = _write_shape(quaternions[splat], log_scales[splat], turn, scales)
        across = (camera[0] * x + camera[1] * y + camera[2] * z) / depth
        along = (camera[3] * x + camera[4] * y + camera[5] * z) / depth
        xx, xy, yy, area = _covariance(across, along, depth, turn, scales, camera)
        dilated = area + DILATION * (xx + yy) + DILATION * DILATION
        if antialiased:
            opacity *= math.sqrt(max(LEAST_COMPENSATION, area / dilated))
        reach = 2 * math.log(opacity / LEAST_ALPHA)
        xx, yy = xx + DILATION, yy + DILATION
        # Of what is no number nothing is true.
        if not (reach >= 0 and dilated < math.inf):
            continue
        u, v = camera[12] * across + camera[14], camera[13] * along + camera[15]
        wide, high = math.sqrt(reach * xx), math.sqrt(reach * yy)
        if not (u + wide >= 0.5 and u - wide <= camera[16] - 0.5 and v + high >= 0.5 and v - high <= camera[17] - 0.5):
            continue
        row = footprints[seen]
        row[CENTRE_X], row[CENTRE_Y], row[REACH], row[OPACITY], row[DEPTH] = u, v, reach, opacity, depth
        row[SLOPED], row[SLANT], row[UPRIGHT] = math.sqrt(yy / dilated), xy / yy, 1 / math.sqrt(yy)
        _write_normal(x, y, z, turn, flattest, row)
        _write_colour(x, y, z, harmonics, splat, values, row)
        depths[seen] = depth
        seen += 1
    return seen - begin


@compiled
def _write_normal(x: float, y: float, z: float, turn: Array, flattest: int, row: Array) -> None:
    """The shortest axis, towards the camera, from which the splat lies at (x, y, z), world axes."""
    side = -1.0 if turn[0, flattest] * x + turn[1, flattest] * y + turn[2, flattest] * z > 0 else 1.0
    for axis in range(3):
        row[NORMAL + axis] = side * turn[axis, flattest]


@compiled
def _write_colour(x: float, y: float, z: float, harmonics: Array, splat: int, values: Array, row: Array) -> None:
    """The colour from the camera, from which the splat lies at (x, y, z), world axes; `values` [K] is overwritten."""
    length = math.sqrt(x * x + y * y + z * z)
    write_harmonics(x / length, y / length, z / length, values.size, values)
    for channel in range(3):
        colour = 0.5
        for term in range(values.size):
            colour += values[term] * harmonics[splat, term, channel]
        # Also of what is no number.
        row[RED + channel] = colour if colour > 0 else 0.0


@compiled
def _write_shape(quaternion: Array, log_scales: Array, turn: Array, scales: Array) -> int:
    """Writes the rotation [3, 3] from own axes to the world and the standard deviations [3]; the shortest axis."""
    w, x, y, z = quaternion[0] * 1.0, quaternion[1] * 1.0, quaternion[2] * 1.0, quaternion[3] * 1.0
    twice = 2 / (w * w + x * x + y * y + z * z)
    turn[0, 0], turn[0, 1], turn[0, 2] = 1 - twice * (y * y + z * z), twice * (x * y - w * z), twice * (x * z + w * y)
    turn[1, 0], turn[1, 1], turn[1, 2] = twice * (x * y + w * z), 1 - twice * (x * x + z * z), twice * (y * z - w * x)
    turn[2, 0], turn[2, 1], turn[2, 2] = twice * (x * z - w * y), twice * (y * z + w * x), 1 - twice * (x * x + y * y)
    for axis in range(log_scales.size):
        scales[axis] = math.exp(log_scales[axis])
    # 2-D splats have two scales, and none along their third axis.
    shortest = log_scales.size - 1
    if shortest == 1:
        return 2
    for axis in range(2):
        if scales[axis] < scales[shortest]:
            shortest = axis
    return shortest


@compiled
def _covariance(
    across: float, along: float, depth: float, turn: Array, scales: Array, camera: Array
) -> tuple[float, float, float, float]:
    """The covariance's xx, xy and yy in the picture, square pixels, and its determinant.

    Args:
        across, along: x / z and y / z of the centre in the camera.
    """
    fx, fy = camera[12] / depth, camera[13] / depth
    across, along = min(max(across, camera[18]), camera[19]), min(max(along, camera[20]), camera[21])
    # Rows of the perspective's Jacobian times the rotation into the camera.
    right = (
        fx * (camera[0] - across * camera[6]),
        fx * (camera[1] - across * camera[7]),
        fx * (camera[2] - across * camera[8]),
    )
    down = (
        fy * (camera[3] - along * camera[6]),
        fy * (camera[4] - along * camera[7]),
        fy * (camera[5] - along * camera[8]),
    )
    xs = _along_axis(right, turn, scales, 0), _along_axis(right, turn, scales, 1), _along_axis(right, turn, scales, 2)
    ys = _along_axis(down, turn, scales, 0), _along_axis(down, turn, scales, 1), _along_axis(down, turn, scales, 2)
    # By Cauchy and Binet: a sum of squares, where xx * yy - xy^2 would lose the digits of needles.
    area = (
        (xs[0] * ys[1] - xs[1] * ys[0]) ** 2
        + (xs[0] * ys[2] - xs[2] * ys[0]) ** 2
        + (xs[1] * ys[2] - xs[2] * ys[1]) ** 2
    )
    xx = xs[0] * xs[0] + xs[1] * xs[1] + xs[2] * xs[2]
    xy = xs[0] * ys[0] + xs[1] * ys[1] + xs[2] * ys[2]
    yy = ys[0] * ys[0] + ys[1] * ys[1] + ys[2] * ys[2]
    return xx, xy, yy, area


@compiled
def _along_axis(row: tuple[float, float, float], turn: Array, scales: Array, axis: int) -> float:
    along: float = (row[0] * turn[0, axis] + row[1] * turn[1, axis] + row[2] * turn[2, axis]) * scales[axis]
    return along


@compiled
def gather(footprints: Array, order: Array, ordered: Array, begin: int, end: int) -> None:
    """Writes `footprints[order]` [M, WIDTH] into `ordered`, from `begin` to `end`."""
    for place in range(begin, end):
        for number in range(WIDTH):
            ordered[place, number] = footprints[order[place], number]
