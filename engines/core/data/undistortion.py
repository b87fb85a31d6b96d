"""Undistortion: from photographs of lenses that distort to what a pinhole would have taken, no more than was seen.

The pinhole has the lens's focal length and middle. Of its picture that part is kept which the lens saw whole: the
largest rectangle about the middle. Photographs of one scene and one size share the rectangle, so that they stay of one
size; where their lenses differ too much for that, each keeps its own.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from engines.core.camera import Array, Camera
from engines.core.data.images import SMALLEST_SIDE_PX
from engines.core.errors import UserError

DISTORTION = ("k1", "k2", "p1", "p2", "k3", "k4", "k5", "k6")
"""In OpenCV's order: what COLMAP's and nerfstudio's lenses have."""
DISTORTION_NAMES = (*DISTORTION, "s1", "s2", "s3", "s4", "tx", "ty")
"""As `View.distortion` has them; OpenCV takes 4, 5, 8, 12 or 14 of them."""
GRID_NODES = 128
"""Along the longer side, by which the rectangle is looked for before its sides are moved pixel by pixel."""
LEAST_KEPT = 0.5
"""Of the picture's area: a smaller rectangle throws away more than it is worth, and the picture is kept with a mask."""
LEAST_SEEN = 0.05
"""Of the picture's area: a lens that sees less is a mistake in the numbers."""
LEAST_SHARED = 0.75
"""Of the area of the largest rectangle: where a common one keeps less, photographs may differ in size instead."""
ROUNDING_PX = 1e-3
"""Of positions in single precision, in photographs of up to 16384 pixels."""

Rectangle = tuple[int, int, int, int]
"""x and y of the top left pixel, width, height."""


@dataclass(frozen=True)
class LensModel:
    """What a photograph on the disk was taken with.

    Attributes:
        focal_px: (fx, fy).
        centre_px: (cx, cy), from the top left corner of the photograph.
        size_px: (width, height) of the photograph.
        distortion: OpenCV's coefficients: k1 k2 p1 p2 [k3 [k4 k5 k6 [s1 s2 s3 s4 [tx ty]]]]; () where there is none.
    """

    focal_px: tuple[float, float]
    centre_px: tuple[float, float]
    size_px: tuple[int, int]
    distortion: tuple[float, ...] = ()

    @staticmethod
    def of(camera: Camera, distortion: tuple[float, ...]) -> LensModel:
        """The lens of a camera, with its distortion."""
        return LensModel(camera.focal_px, camera.centre_px, camera.size_px, distortion if any(distortion) else ())

    @property
    def whole(self) -> Rectangle:
        """All of the photograph."""
        return (0, 0, *self.size_px)

    @property
    def matrix(self) -> Array:
        """[3, 3] OpenCV's, whose origin is the middle of the first pixel, not its corner."""
        (fx, fy), (cx, cy) = self.focal_px, self.centre_px
        return np.array([[fx, 0, cx - 0.5], [0, fy, cy - 0.5], [0, 0, 1]])

    def sees(self, u: Array, v: Array) -> Array:
        """Whether the photograph holds, with its neighbours, what the pinhole has at pixels (u, v).

        Args:
            u: [N] columns of the pinhole's picture, from 0 at the middle of the first.
            v: [N] rows.

        Returns:
            [N] bool.
        """
        (fx, fy), (cx, cy), (width, height) = self.focal_px, self.centre_px, self.size_px
        x, y = (u - (cx - 0.5)) / fx, (v - (cy - 0.5)) / fy
        at = self._distorted(x, y)
        inside = (at > -ROUNDING_PX) & (at < np.array([width - 1, height - 1]) + ROUNDING_PX)
        # Where the polynomial turns back, one place of the photograph stands for two directions.
        step = 0.5 / max(fx, fy)
        right, below = self._distorted(x + step, y) - at, self._distorted(x, y + step) - at
        upright = right[:, 0] * below[:, 1] - right[:, 1] * below[:, 0] > 0
        return np.asarray(inside.all(axis=1) & upright & (np.hypot(x, y) < self.turning_radius))

    def shows(self, directions: Array) -> Array:
        """Whether what lies in directions (x, y, 1) is in the photograph.

        Args:
            directions: [N, 2] x and y.

        Returns:
            [N] bool.
        """
        at = self._distorted(directions[:, 0], directions[:, 1]) + 0.5
        inside = ((at >= 0) & (at <= np.array(self.size_px))).all(axis=1)
        return np.asarray(inside & (np.hypot(*directions.T) < self.turning_radius))

    def _distorted(self, x: Array, y: Array) -> Array:
        """[N, 2] where in the photograph the directions (x, y, 1) fall."""
        points = np.stack([x, y, np.ones_like(x)], axis=-1).reshape(-1, 1, 3).astype(np.float64)
        at, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), self.matrix, np.array(self.distortion))
        return np.nan_to_num(np.asarray(at).reshape(-1, 2), nan=-1e9)

    @property
    def turning_radius(self) -> float:
        """Tangent of the angle from the axis at which the radial part stops rising; infinity where it never does."""
        radius = np.linspace(0.0, 1.01 * self.corner_radius, 2000)
        _, turns = self.radial_part(radius)
        return float(radius[np.argmax(turns)]) if turns.any() else float("inf")

    @property
    def corner_radius(self) -> float:
        """Tangent of the angle from the axis of the farthest corner, as a pinhole would have it."""
        (fx, fy), (cx, cy), (width, height) = self.focal_px, self.centre_px, self.size_px
        return float(np.hypot(max(cx, width - cx) / fx, max(cy, height - cy) / fy))

    def radial_part(self, radius: Array) -> tuple[Array, Array]:
        """Radii at which directions fall by the radial part of the distortion alone.

        Args:
            radius: [N] tangents of the angle from the axis, rising from 0.

        Returns:
            distorted: [N] likewise, in the photograph.
            turns: [N - 1] bool, whether it stops rising from one to the next.
        """
        k1, k2, _, _, k3, k4, k5, k6 = (*self.distortion, *[0.0] * 8)[:8]
        square = radius**2
        below = 1 + square * (k4 + square * (k5 + square * k6))
        with np.errstate(all="ignore"):
            distorted = radius * (1 + square * (k1 + square * (k2 + square * k3))) / below
            # A denominator that comes to nothing throws all beyond it back.
            return distorted, ~(np.diff(distorted) > 0) | (below[1:] <= 0)


@lru_cache(4096)
def seen_rectangle(lens: LensModel) -> Rectangle | None:
    """The largest part of the pinhole's picture about its middle that the lens saw whole; None where it is too small.

    Raises:
        UserError: begins with the lens's numbers: it sees next to nothing.
    """
    width, height = lens.size_px
    if not lens.distortion:
        return lens.whole
    stride = max(1, max(width, height) // GRID_NODES)
    columns, rows = (np.unique([*range(0, side, stride), side - 1]) for side in (width, height))
    u, v = np.meshgrid(columns, rows)
    seen = lens.sees(u.ravel(), v.ravel()).reshape(u.shape)
    if seen.mean() < LEAST_SEEN:
        raise UserError(
            f"its lens's distortion ({_named(lens.distortion)}) leaves {seen.mean():.0%} of the picture; numbers of "
            "another model or size, or damaged"
        )
    x, y = (int(np.clip(round(middle), 0, side - 1)) for middle, side in zip(lens.centre_px, lens.size_px, strict=True))
    found = _largest(seen, columns, rows, int(np.abs(columns - x).argmin()), int(np.abs(rows - y).argmin()))
    if found is None:
        return None
    left, top, right, bottom = _grown(lens, found, stride)
    kept = (left, top, right - left + 1, bottom - top + 1)
    too_small = kept[2] * kept[3] < LEAST_KEPT * width * height or min(kept[2:]) < SMALLEST_SIDE_PX
    return None if too_small else kept


def _largest(seen: Array, columns: Array, rows: Array, column: int, row: int) -> Rectangle | None:
    """(left, top, right, bottom) in pixels, the last ones within, of the largest rectangle about a node; None: unseen.

    Args:
        seen: [R, C] bool at the nodes.
        columns: [C] pixels of the nodes, rising.
        rows: [R] likewise.
    """
    if not seen[row, column]:
        return None
    # For each row how far to the left and right it is seen without a gap.
    lefts = column - np.cumprod(seen[:, column::-1], axis=1).sum(axis=1) + 1
    rights = column + np.cumprod(seen[:, column:], axis=1).sum(axis=1) - 1
    up, down = slice(row, None, -1), slice(row, None)
    left = np.maximum.outer(np.maximum.accumulate(lefts[up]), np.maximum.accumulate(lefts[down]))
    right = np.minimum.outer(np.minimum.accumulate(rights[up]), np.minimum.accumulate(rights[down]))
    whole = (left <= column) & (right >= column)
    left, right = np.where(whole, left, column), np.where(whole, right, column)
    areas = (columns[right] - columns[left] + 1) * (rows[down][None, :] - rows[up][:, None] + 1) * whole
    above, below = np.unravel_index(int(areas.argmax()), areas.shape)
    sides = (columns[left[above, below]], rows[row - above], columns[right[above, below]], rows[row + below])
    return tuple(int(side) for side in sides)  # type: ignore[return-value]


def _grown(lens: LensModel, sides: Rectangle, stride: int) -> Rectangle:
    """The same, with each side moved outwards, by less than a stride, as far as the lens sees all."""
    left, top, right, bottom = sides
    width, height = lens.size_px

    def reach(seen_at: Callable[[int], bool], most: int) -> int:
        # Whether the line that far out is seen; halving, as what is seen has no gaps.
        return bisect_left(range(1, max(most, 0) + 1), True, key=lambda by: not seen_at(by))

    def along(begin: int, end: int) -> Array:
        # Some of a long line's pixels: between them what is seen ends in an arc that is flat to a hundredth of a pixel.
        return np.unique(np.linspace(begin, end, min(end - begin + 1, 2 * GRID_NODES)).round())

    def column_seen(u: int) -> bool:
        rows = along(top, bottom)
        return bool(lens.sees(np.full(len(rows), float(u)), rows).all())

    def row_seen(v: int) -> bool:
        columns = along(left, right)
        return bool(lens.sees(columns, np.full(len(columns), float(v))).all())

    left -= reach(lambda by: column_seen(left - by), min(stride - 1, left))
    right += reach(lambda by: column_seen(right + by), min(stride - 1, width - 1 - right))
    top -= reach(lambda by: row_seen(top - by), min(stride - 1, top))
    bottom += reach(lambda by: row_seen(bottom + by), min(stride - 1, height - 1 - bottom))
    return left, top, right, bottom


def shared_rectangle(lenses: Iterable[LensModel]) -> Rectangle | None:
    """What all of these lenses, of photographs of one size, saw whole; None where each had better keep its own.

    Raises:
        UserError: as `seen_rectangle`.
    """
    found = {seen_rectangle(lens) for lens in lenses}
    rectangles = [rectangle for rectangle in found if rectangle is not None]
    if len(rectangles) < len(found):
        return None
    left, top = (max(rectangle[axis] for rectangle in rectangles) for axis in (0, 1))
    right, bottom = (min(rectangle[axis] + rectangle[axis + 2] for rectangle in rectangles) for axis in (0, 1))
    width, height = right - left, bottom - top
    largest = max(rectangle[2] * rectangle[3] for rectangle in rectangles)
    if min(width, height) < 1 or width * height < LEAST_SHARED * largest:
        return None
    return left, top, width, height


# Two: the photographs of a stereo pair take turns. Each is 8 bytes a pixel.
@lru_cache(2)
def _maps(lens: LensModel, part: Rectangle) -> tuple[Array, Array]:
    """([h, w], [h, w]) float32, where in the photograph each pixel of the pinhole's picture lies."""
    x, y, width, height = part
    cropped = lens.matrix
    cropped[:2, 2] -= (x, y)
    maps = cv2.initUndistortRectifyMap(
        lens.matrix, np.array(lens.distortion), np.eye(3), cropped, (width, height), cv2.CV_32FC1
    )
    return np.asarray(maps[0]), np.asarray(maps[1])


@lru_cache(8)
def seen_pixels(lens: LensModel, part: Rectangle) -> Array | None:
    """[h, w] bool what of a part of the pinhole's picture the lens saw; None where it saw all. Not to be changed."""
    kept = seen_rectangle(lens)
    if kept is not None and all(kept[a] <= part[a] and part[a] + part[a + 2] <= kept[a] + kept[a + 2] for a in (0, 1)):
        return None
    columns, rows = _maps(lens, part)
    # Two pixels at least: without a neighbour there is no slope.
    if min(part[2:]) < 2:
        raise ValueError(f"a picture of {part[2]}x{part[3]} is no photograph")
    (down_u, right_u), (down_v, right_v) = np.gradient(columns), np.gradient(rows)
    seen = np.asarray(right_u * down_v - right_v * down_u > 0)
    for at, side in ((columns, lens.size_px[0]), (rows, lens.size_px[1])):
        seen &= (at > -ROUNDING_PX) & (at < side - 1 + ROUNDING_PX)
    (fx, fy), (cx, cy) = lens.focal_px, lens.centre_px
    x = (np.arange(part[2]) + part[0] + 0.5 - cx) / fx
    y = (np.arange(part[3]) + part[1] + 0.5 - cy) / fy
    seen &= np.hypot(x[None, :], y[:, None]) < lens.turning_radius
    seen.setflags(write=False)
    return None if seen.all() else seen


def undistorted(image: Array, lens: LensModel, part: Rectangle) -> Array:
    """A part of what a pinhole would have taken in place of the lens.

    Args:
        image: [H, W] or [H, W, 3] float32, of the lens's photograph.
        part: of the pinhole's picture, whose focal length and middle are the lens's.

    Returns:
        [h, w] or [h, w, 3]; 0 where the lens saw nothing.
    """
    x, y, width, height = part
    if not lens.distortion:
        return np.ascontiguousarray(image[y : y + height, x : x + width])
    columns, rows = _maps(lens, part)
    # The edge is repeated, as single precision may put a place just outside; what is farther out is made 0.
    straight = np.asarray(cv2.remap(image, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    seen = seen_pixels(lens, part)
    if seen is not None:
        straight[~seen] = 0
    return straight


def _named(distortion: tuple[float, ...]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in zip(DISTORTION_NAMES, distortion, strict=False) if value)
