"""The last exact frame, seen from another camera: what is shown while the camera moves.

A point on the ray of target pixel q with inverse depth `w` in the source (0 is the background, at infinity) lies at
source pixel

    p = h(q) * (1 - m_z * w) + e * w

where h(q) is where the ray's point at infinity falls, m the target's position in source camera axes and e = K m.
It is linear in w, so it costs a few passes over the picture, and it is sought in three steps:

1. a coarse grid of the source is thrown into the target, nearest wins: a first guess of w for every target pixel;
2. p of the guess says which source pixel may be there, and its own w is the next guess, now sharp at silhouettes;
3. where the last two guesses disagree the target sees something that the source did not: a hole, filled softly.

Where the source's background is known to be plain it is at infinity and has one colour, also where the source did not
see it: no hole, nothing to fill.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from app.rendering.display import Pixels
from app.rendering.hole_filling import fill
from engines.core.camera import Array, Camera

# The first guess: finer gains little that the search does not give, coarser loses thin parts.
GRID_PX = 256
# Of the search; the second corrects what the first found beyond a silhouette. More gain nothing measurable.
STEPS = 2
# The search has found the surface where its last step was shorter than this; slanted surfaces converge slowly.
AGREEMENT_PX = 2.5
# So many pixels at once stay in the cache; of a small picture more rows, as each call may wait for another thread.
BAND_PX = 32 * 1024
# An object's blurred outline belongs to it: so far into a plain background, at least, and of the longer side.
OUTLINE_PX, OUTLINE_SHARE = 2, 0.01


@dataclass(frozen=True, eq=False)
class Reprojection:
    """A preview.

    Attributes:
        pixels: [H, W, 3] uint8.
        hole_fraction: the part of the picture that the source did not see, in [0, 1]; beside a plain background, of
            the objects in it.
    """

    pixels: Pixels
    hole_fraction: float


@dataclass(frozen=True, eq=False)
class _Search:
    """How source pixels follow from inverse depth, for one pair of cameras.

    Attributes:
        across: [3, 1, W] float32 and
        along: [3, H, 1] float32, whose sum is h(q), not yet divided by its third part, in indices of the padded source.
        toward: m_z, the target's position along the source's view.
        shift: e in the same indices.
        limit: the largest inverse depth that is in front of the target.
    """

    across: Array
    along: Array
    toward: float
    shift: tuple[float, float]
    limit: float

    def infinite(self, rows: slice) -> tuple[Array, Array]:
        """h(q): indices (x, y), each [h, W], of the rays' points at infinity."""
        x, y, z = (self.across[i] + self.along[i, rows] for i in range(3))
        # What is beside or behind the source was not seen; this keeps it far outside the picture.
        np.maximum(z, np.float32(1e-3), out=z)
        return np.divide(x, z, out=x), np.divide(y, z, out=y)

    def source_pixels(self, infinite: tuple[Array, Array], inverse: Array) -> tuple[Array, Array]:
        """Indices (x, y), each [h, W], of the points at these source inverse depths [h, W]."""
        w = np.minimum(inverse, np.float32(self.limit))
        shrink = w * np.float32(-self.toward)
        shrink += np.float32(1)
        # cv2 adds a scaled picture in one pass, without a temporary.
        x, y = infinite[0] * shrink, np.multiply(infinite[1], shrink, out=shrink)
        return cv2.scaleAdd(w, self.shift[0], x, dst=x), cv2.scaleAdd(w, self.shift[1], y, dst=y)


@dataclass(frozen=True, eq=False)
class _Found:
    """What the search found, a row of pixels after the other.

    Attributes:
        warped: [H, W, 4] RGB and alpha of the source.
        seen: [H, W] float32, how far to trust it.
        inverse, behind: [H, W] float32, source inverse depth there, and of what is behind it where that was not seen.
        outline: [H, W] 255 where the source has its plain background, else 0.
    """

    warped: Pixels
    seen: Array
    inverse: Array
    behind: Array
    outline: Pixels


class Reprojector:
    """An exact frame made ready to be seen from elsewhere. `draw` changes nothing, so threads may share it."""

    def __init__(
        self,
        pixels: Pixels,
        depth: Array,
        camera: Camera,
        background: Array | None = None,
        backdrop: Callable[[tuple[int, int]], Pixels] | None = None,
    ) -> None:
        """Takes a picture.

        Args:
            pixels: [H, W, 3] bytes.
            depth: [h, w] along +z of the same picture; h, w may be smaller.
            camera: of the same picture.
            background: [H, W] bool, what is known to be a plain background. Most methods invent a depth for it, and
                seen from aside it would smear over the scene; as it has no marks, infinity is as good, and clean.
            backdrop: gives [H, W, 3] that the background is in a preview of (width, height); None: of its one colour.
        """
        self._backdrop = backdrop
        size = (pixels.shape[1], pixels.shape[0])
        self._source = camera.resized(size)
        inverse = np.zeros(depth.shape, dtype=np.float32)
        np.divide(1, depth, out=inverse, where=(depth > 0) & np.isfinite(depth))
        if inverse.shape != pixels.shape[:2]:
            inverse = np.asarray(cv2.resize(inverse, size, interpolation=cv2.INTER_NEAREST), dtype=np.float32)
        if background is not None and background.shape != pixels.shape[:2]:
            background = cv2.resize(background.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
        plain = background is not None and bool(background.any())
        self._plain_rgb = _colour_of(pixels, background) if background is not None and plain else None
        if background is not None and plain:
            inverse = _with_outlines(inverse, background)
        self._nearest = float(inverse.max())
        self._grid = _coarse_points(inverse, self._source)
        # Far pixels beside a silhouette carry some of the near colour, which would stay behind as a ghost.
        edge = 1.1 * inverse + 0.02 * self._nearest
        ghosts = cv2.dilate(inverse, np.ones((5, 5), np.uint8)) > edge
        if background is not None:
            ghosts &= ~background
        alpha = np.where(ghosts, 1, 255).astype(np.uint8)
        # One pixel of border that is not to be trusted makes an even end of the picture.
        self._inverse = cv2.copyMakeBorder(inverse, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
        self._rgba = cv2.copyMakeBorder(np.dstack([pixels, alpha]), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
        self._rgba[[0, -1], :, 3] = 0
        self._rgba[:, [0, -1], 3] = 0
        self._background: Pixels | None = None
        self._painted: Pixels | None = None
        if background is not None and plain:
            mask = 255 * background.astype(np.uint8)
            self._background = np.asarray(cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_REPLICATE), dtype=np.uint8)

    def _flat(self, shape: tuple[int, ...]) -> Pixels:
        """[H, W, 3] of the background; the last one is kept, as previews follow each other in one size."""
        painted = self._painted
        if painted is None or painted.shape[:2] != shape:
            if self._backdrop is not None:
                painted = self._backdrop((shape[1], shape[0]))
            else:
                painted = np.full((*shape, 3), self._plain_rgb, dtype=np.uint8)
            self._painted = painted
        return painted

    def draw(self, camera: Camera) -> Reprojection:
        """What the source saw, from `camera`, at its size."""
        to_target = camera.world_to_camera @ self._source.camera_to_world
        search = self._search(camera, to_target)
        found = self._find(search, self._first_guess(camera, to_target))
        colours = np.asarray(cv2.cvtColor(found.warped, cv2.COLOR_RGBA2RGB), dtype=np.uint8)
        # Masks of bytes: OpenCV is ten times as fast with them as numpy with booleans.
        unseen, judged = _at_most(found.seen, 0.5), found.seen.size
        holes = unseen
        if self._plain_rgb is not None:
            here = _at_most(found.inverse, 0.0)
            # An outline's outer side is background already, however its depth was taken.
            behind = cv2.bitwise_or(_at_most(found.behind, 0.0), found.outline)
            plain = np.asarray(cv2.bitwise_or(here, cv2.bitwise_and(unseen, behind)), dtype=np.uint8)
            cv2.copyTo(self._flat(colours.shape[:2]), plain, dst=colours)
            cv2.max(found.seen, plain.astype(np.float32) / 255, dst=found.seen)
            # Of the objects: how much of a plain background is around them says nothing.
            judged -= cv2.countNonZero(here)
            holes, unseen = unseen & ~plain, unseen & ~here
        fraction = cv2.countNonZero(unseen) / max(judged, 1)
        if cv2.countNonZero(holes) == 0:
            return Reprojection(colours, fraction)
        # Single pixels within a hole agree by chance: dust.
        solid = cv2.medianBlur(cv2.bitwise_not(holes), 5)
        seen = cv2.min(found.seen, solid.astype(np.float32) / 255)
        # Soft inwards only: what is just outside was not seen and must not shine through.
        soft = cv2.min(seen, cv2.blur(seen, (3, 3)))
        filled = fill(found.warped, seen, found.inverse, found.behind)
        mixed = cv2.blendLinear(colours, filled, soft, 1 - soft)
        return Reprojection(np.asarray(mixed, dtype=np.uint8), fraction)

    def _find(self, search: _Search, first: Array) -> _Found:
        height, width = first.shape
        trust = self._trust(search)
        seen, inverse, behind = (np.empty((height, width), np.float32) for _ in range(3))
        outline = np.zeros((height, width), np.uint8)
        found = _Found(np.empty((height, width, 4), np.uint8), seen, inverse, behind, outline)
        band = max(1, BAND_PX // width)
        for top in range(0, height, band):
            rows = slice(top, min(top + band, height))
            infinite, guess = search.infinite(rows), first[rows]
            last, (x, y) = guess, search.source_pixels(infinite, guess)
            last_x, last_y = x, y
            for _ in range(STEPS):
                last, last_x, last_y = guess, x, y
                guess = cv2.remap(self._inverse, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
                x, y = search.source_pixels(infinite, guess)
            warped = cv2.remap(self._rgba, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            moved = cv2.max(cv2.absdiff(x, last_x), cv2.absdiff(y, last_y))
            trusted = cv2.LUT(np.ascontiguousarray(warped[..., 3]), trust)
            found.warped[rows], found.inverse[rows] = warped, guess
            found.seen[rows] = np.where(moved < AGREEMENT_PX, trusted, np.float32(0))
            # In a hole the search goes to and fro between the occluder and what is seen past its edge.
            cv2.min(guess, last, dst=found.behind[rows])
            if self._background is not None:
                nearest = cv2.remap(self._background, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
                found.outline[rows] = nearest
        return found

    def _search(self, camera: Camera, to_target: Array) -> _Search:
        source, rotation = self._source, to_target[:3, :3].T
        position = -rotation @ to_target[:3, 3]
        # + 0.5: from pixel coordinates to indices (- 0.5) of the source with its border (+ 1).
        lens = np.array(
            [
                [source.focal_px[0], 0, source.centre_px[0] + 0.5],
                [0, source.focal_px[1], source.centre_px[1] + 0.5],
                [0, 0, 1],
            ]
        )
        u, v = _plane(camera)
        across, along, infinite = np.split((lens @ rotation)[:, :, None, None], 3, axis=1)
        shift = lens @ position
        return _Search(
            (across[:, 0] * u).astype(np.float32),
            (along[:, 0] * v + infinite[:, 0]).astype(np.float32),
            float(position[2]),
            (float(shift[0]), float(shift[1])),
            0.999 / float(position[2]) if position[2] > 0 else float("inf"),
        )

    def _trust(self, search: _Search) -> Array:
        """[1, 256] how far to trust a pixel by its alpha: ghosts matter only once things move against each other."""
        centre = self._source.centre_px
        parallax_px = self._nearest * max(abs(search.shift[i] - search.toward * centre[i]) for i in (0, 1))
        strength = float(np.clip((parallax_px - 0.5) / 2, 0, 1))
        table = (1 - strength * (1 - np.arange(256) / 255)).astype(np.float32)
        table[0] = 0  # outside the source
        return np.asarray(table[None])

    def _first_guess(self, camera: Camera, to_target: Array) -> Array:
        """[H, W] source inverse depth for each target pixel; silhouettes reach a coarse pixel too far."""
        scale = min(1.0, GRID_PX / max(camera.size_px))
        coarse = camera.scaled(scale)
        (width, height), (fx, fy), (cx, cy) = coarse.size_px, coarse.focal_px, coarse.centre_px
        points, inverse = self._grid
        x, y, z = (
            points @ row[:3].astype(np.float32) + inverse * np.float32(row[3]) for row in np.asarray(to_target[:3])
        )
        ahead = z > 1e-3
        z = np.where(ahead, z, np.float32(1))
        column, row = x / z * np.float32(fx) + np.float32(cx), y / z * np.float32(fy) + np.float32(cy)
        inside = ahead & (column >= 0) & (column < width) & (row >= 0) & (row < height)
        index = row[inside].astype(np.int64) * width + column[inside].astype(np.int64)
        # Inverse depth in the target decides which point is in front; -1 where none fell.
        cells = np.full(width * height, -1, dtype=np.float32)
        np.maximum.at(cells, index, (inverse / z)[inside])
        near = cv2.dilate(cells.reshape(height, width), np.ones((3, 3), np.uint8))
        first = self._in_source(_filled_from_far(near), coarse, to_target)
        return np.asarray(cv2.resize(first, camera.size_px, interpolation=cv2.INTER_NEAREST))

    def _in_source(self, inverse: Array, camera: Camera, to_target: Array) -> Array:
        """Inverse depth in the source of points at inverse depth [h, w] in the target."""
        rotation = to_target[:3, :3].T
        toward = -float(rotation[2] @ to_target[:3, 3])
        u, v = _plane(camera)
        z = (rotation[2, 0] * u).astype(np.float32) + (rotation[2, 1] * v + rotation[2, 2]).astype(np.float32)
        z += np.float32(toward) * inverse
        np.divide(inverse, np.maximum(z, np.float32(1e-3), out=z), out=z)
        return np.asarray(np.minimum(z, np.float32(self._nearest), out=z))


def _at_most(values: Array, limit: float) -> Pixels:
    """[H, W] 255 where a value is at most `limit`, else 0."""
    return np.asarray(cv2.inRange(values, -np.inf, limit), dtype=np.uint8)


def _colour_of(pixels: Pixels, background: Array) -> Pixels:
    """[3] the background's colour."""
    # Some thousand of them tell as much, and sorting all takes as long as a preview.
    some = pixels[background]
    return np.asarray(np.median(some[:: max(1, len(some) // 4096)], axis=0).round(), dtype=np.uint8)


def _with_outlines(inverse: Array, background: Array) -> Array:
    """[H, W] inverse depth, 0 in the background but for the objects' outlines, which are as near as the objects."""
    height, width = inverse.shape
    reach = max(OUTLINE_PX, round(OUTLINE_SHARE * max(height, width)))
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    near = cv2.dilate(np.where(background, np.float32(0), inverse), around)
    grown = np.where(background, near, inverse).astype(np.float32)
    # Evened out: the depth at silhouettes is noisy, and the search would go to and fro.
    even = cv2.blur(grown, (5, 5)) / np.maximum(cv2.blur((grown > 0).astype(np.float32), (5, 5)), np.float32(1e-6))
    return np.where(background & (near > 0), even, grown).astype(np.float32)


def _plane(camera: Camera) -> tuple[Array, Array]:
    """Where pixel rays meet the plane z = 1: x as [1, W] and y as [H, 1]."""
    (width, height), (fx, fy), (cx, cy) = camera.size_px, camera.focal_px, camera.centre_px
    return ((np.arange(width) + 0.5 - cx) / fx)[None, :], ((np.arange(height) + 0.5 - cy) / fy)[:, None]


def _coarse_points(inverse: Array, camera: Camera) -> tuple[Array, Array]:
    """Points [N, 3] on the plane z = 1, about `GRID_PX` on the longer side, and the largest inverse depth [N] of each.

    The largest, so that thin parts are not missed.
    """
    step = max(1, round(max(camera.size_px) / GRID_PX))
    every = slice(step // 2, None, step)
    near = cv2.dilate(inverse, np.ones((step, step), np.uint8))[every, every]
    u, v = _plane(camera)
    grid = np.broadcast_arrays(u[:, every], v[every], np.ones_like(near))
    return np.stack(grid, axis=-1).reshape(-1, 3).astype(np.float32), np.ascontiguousarray(near).reshape(-1)


def _filled_from_far(cells: Array) -> Array:
    """Empty cells (< 0) get the farthest value around them; where all around is empty, background."""
    for size in (9, 33):
        if cells.min() >= 0:
            break
        grown = cv2.erode(np.where(cells < 0, np.float32(1e30), cells), np.ones((size, size), np.uint8))
        cells = np.where((cells < 0) & (grown < 1e29), grown, cells)
    return np.asarray(np.maximum(cells, np.float32(0)))
