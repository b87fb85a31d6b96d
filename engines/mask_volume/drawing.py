"""Pictures of a multiplane image: all planes at once on a GPU; on a CPU tile by tile, near planes first.

A tile leaves out planes that are clear there, and all that lie behind opaque ones. What that costs is bounded by
`CLEAR`; the reference is `planes.warp` and `planes.composite`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from engines.core.camera import Array, Camera
from engines.core.engine import Stop
from engines.core.errors import Cancelled
from engines.mask_volume import planes

CLEAR = 2e-5
"""Less than this is nothing: 32 planes of it change a pixel by a sixth of 1/255 at most."""
TILE_PX = (640, 90)
"""At most. What is made of it leaves the second-level cache: smaller ones, or of shorter rows, take up to twice as
long, as the calls then cost more than what is done in them."""
BAND_PIXELS = 1 << 19
"""Drawn at once on a GPU: 32 planes of them take half a gigabyte."""
BLOCK_PX = 16
"""Side of the blocks whose greatest opacity is known."""


class Brush:
    """What a tile [h, w] is drawn with: memory that is used again for each plane and tile, near planes first."""

    def __init__(self, height: int, width: int) -> None:
        self.passed: Array = np.empty((height, width), np.float32)
        self._seen = np.empty((height, width, 4), np.float32)
        # Channel by channel: so all that is done to them runs at the vector units' width.
        self._parts, self._sums = (list(np.empty((4, height, width), np.float32)) for _ in range(2))

    def begin(self) -> None:
        """Nothing is drawn yet."""
        self.passed.fill(1)
        for channel in self._sums:
            channel.fill(0)

    def look(self, layer: Array, to_plane: Array) -> Array:
        """[h, w] opacity of a plane [H, W, 4], to change before it is laid."""
        height, width = self.passed.shape
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cv2.warpPerspective(layer, to_plane, (width, height), dst=self._seen, flags=flags)
        # Into memory that is there: `cv2.split` takes new.
        cv2.mixChannels([self._seen], self._parts, [0, 0, 1, 1, 2, 2, 3, 3])
        return self._parts[3]

    def lay(self, disparity: float) -> None:
        """Lays the plane that was looked at behind those before."""
        *colours, share = self._parts
        np.multiply(share, self.passed, out=share)
        for total, colour in zip(self._sums, colours, strict=False):
            cv2.accumulateProduct(colour, share, total)
        np.subtract(self.passed, share, out=self.passed)
        cv2.scaleAdd(share, disparity, self._sums[3], dst=self._sums[3])

    def give(self, out: tuple[Array, ...]) -> None:
        """Writes what is drawn into `out`: colour [H, W, 3], opacity [H, W] and disparity [H, W] of the tile."""
        cv2.mixChannels(self._sums[:3], [out[0]], [0, 0, 1, 1, 2, 2])
        np.subtract(1, self.passed, out=out[1])
        out[2][...] = self._sums[3]


@dataclass(frozen=True, eq=False)
class ComposedImage:
    """A picture: image [H, W, 3] over black, opacity [H, W], disparity [H, W] in inverse world units."""

    image: Tensor
    opacity: Tensor
    disparity: Tensor


class Stack:
    """Planes that stand before a reference camera, ready to be drawn."""

    def __init__(self, layers: Tensor, reference: Camera, depths: Tensor) -> None:
        """Takes over the planes.

        Args:
            layers: [P, H, W, 4] float32, colour and opacity, far to near.
            reference: of the planes' size.
            depths: [P].
        """
        self.layers, self.reference, self.depths = layers, reference, depths
        self._on_cpu = layers.device.type == "cpu"
        self._blocks = _greatest(layers[..., 3]) if self._on_cpu else np.empty(0)

    def draw(self, camera: Camera, stop: Stop, only: int | None = None) -> ComposedImage:
        """The picture from `camera`.

        Args:
            only: a single plane, from 0, the farthest; None: all.

        Raises:
            Cancelled: `stop` said so.
        """
        chosen = range(len(self.depths)) if only is None else range(only, only + 1)
        if not self._on_cpu:
            return self._draw_bands(camera, slice(chosen.start, chosen.stop), stop)
        return self._draw_tiles(camera, chosen, stop)

    def _draw_bands(self, camera: Camera, chosen: slice, stop: Stop) -> ComposedImage:
        """Some rows at a time: all planes of a large picture at once would take more memory than a GPU has."""
        layers, depths = self.layers[chosen].permute(0, 3, 1, 2), self.depths[chosen]
        width, height = camera.size_px
        rows, bands = max(1, BAND_PIXELS // width), list[tuple[Tensor, Tensor, Tensor]]()
        for top in range(0, height, rows):
            if stop():
                raise Cancelled
            band = camera.cropped(0, top, width, min(rows, height - top))
            bands.append(planes.composite(planes.warp(layers, self.reference, band, depths), depths))
        return ComposedImage(*(torch.cat(parts) for parts in zip(*bands, strict=True)))

    def _draw_tiles(self, camera: Camera, chosen: range, stop: Stop) -> ComposedImage:
        width, height = camera.size_px
        maps = planes.homographies(self.reference, camera, self.depths).double().numpy()
        # Pixel i lies at i + 0.5; OpenCV counts from pixel 0's centre, on both sides.
        half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
        maps = np.linalg.inv(half) @ maps @ half
        out = np.empty((height, width, 3), np.float32), *np.empty((2, height, width), np.float32)
        threads = max(1, torch.get_num_threads())
        # As many for each thread, of one size.
        wide, high = _divided(width, TILE_PX[0], 1), _divided(height, TILE_PX[1], threads)
        tiles = iter([(x, y) for y in range(0, height, high) for x in range(0, width, wide)])

        def draw(_: int) -> None:
            brush = Brush(0, 0)
            for x, y in tiles:
                part = tuple(channel[y : y + high, x : x + wide] for channel in out)
                if brush.passed.shape != part[1].shape:
                    brush = Brush(*part[1].shape)
                self._draw_tile(brush, maps @ np.array([[1, 0, x], [0, 1, y], [0, 0, 1]]), chosen, stop)
                brush.give(part)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(draw, range(threads)))
        return ComposedImage(*map(torch.from_numpy, out))

    def _draw_tile(self, brush: Brush, maps: Array, chosen: range, stop: Stop) -> None:
        """`maps` [P, 3, 3] lead from the tile's pixels to the planes'."""
        brush.begin()
        height, width = brush.passed.shape
        layers, near_to_far = self.layers.numpy(), reversed(chosen)
        for plane in near_to_far:
            if stop():
                raise Cancelled
            ahead = maps[plane, 2] @ _corners(width, height)
            if ahead.max() <= 0 or self._greatest_within(plane, maps[plane], width, height) < CLEAR:
                continue
            share = brush.look(layers[plane], maps[plane])
            if ahead.min() <= 0:
                # Part of the plane lies behind the eye; it would be seen there upside down.
                across, down, at = maps[plane, 2]
                share[(across * np.arange(width) + at) + (down * np.arange(height) + 0.0)[:, None] <= 0] = 0
            brush.lay(1 / float(self.depths[plane]))
            if brush.passed.max() < CLEAR:
                break

    def _greatest_within(self, plane: int, to_plane: Array, width: int, height: int) -> float:
        """The greatest opacity of the plane where the tile sees it."""
        corners = to_plane @ _corners(width, height)
        if corners[2].min() <= 1e-6:
            # The plane passes the camera: where its picture ends is not between its corners.
            return float(self._blocks[plane].max())
        x, y = corners[0] / corners[2], corners[1] / corners[2]
        rows, columns = self._blocks.shape[1:]
        left, right = int(max(x.min() - 1, 0) // BLOCK_PX), int(min((x.max() + 1) // BLOCK_PX, columns - 1))
        top, bottom = int(max(y.min() - 1, 0) // BLOCK_PX), int(min((y.max() + 1) // BLOCK_PX, rows - 1))
        if left > right or top > bottom:
            return 0.0
        return float(self._blocks[plane, top : bottom + 1, left : right + 1].max())


def _divided(length: int, most: int, parts: int) -> int:
    """Into how long pieces a length is divided: at most `most` each, their number a multiple of `parts`."""
    pieces = -(-length // (most * parts)) * parts
    return -(-length // pieces)


def _corners(width: int, height: int) -> Array:
    """[3, 4] of a tile, homogeneous."""
    return np.array([[0, width, 0, width], [0, 0, height, height], [1, 1, 1, 1]])


def _greatest(opacity: Tensor) -> Array:
    """[P, rows, columns] the greatest value in each block of [P, H, W]."""
    pooled = torch.nn.functional.max_pool2d(opacity[:, None], BLOCK_PX, ceil_mode=True)
    return np.asarray(pooled[:, 0].numpy())
