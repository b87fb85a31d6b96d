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
TILE_PX = (320, 90)
"""Fits the cache with all that is made of it."""
BAND_PIXELS = 1 << 19
"""Drawn at once on a GPU: 32 planes of them take half a gigabyte."""
BLOCK_PX = 16
"""Side of the blocks whose greatest opacity is known."""


@dataclass(frozen=True, eq=False)
class Drawn:
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

    def draw(self, camera: Camera, stop: Stop, only: int | None = None) -> Drawn:
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

    def _draw_bands(self, camera: Camera, chosen: slice, stop: Stop) -> Drawn:
        """Some rows at a time: all planes of a large picture at once would take more memory than a GPU has."""
        layers, depths = self.layers[chosen].permute(0, 3, 1, 2), self.depths[chosen]
        width, height = camera.size_px
        rows, bands = max(1, BAND_PIXELS // width), list[tuple[Tensor, Tensor, Tensor]]()
        for top in range(0, height, rows):
            if stop():
                raise Cancelled
            band = camera.cropped(0, top, width, min(rows, height - top))
            bands.append(planes.composite(planes.warp(layers, self.reference, band, depths), depths))
        return Drawn(*(torch.cat(parts) for parts in zip(*bands, strict=True)))

    def _draw_tiles(self, camera: Camera, chosen: range, stop: Stop) -> Drawn:
        width, height = camera.size_px
        maps = planes.homographies(self.reference, camera, self.depths).double().numpy()
        # Pixel i lies at i + 0.5; OpenCV counts from pixel 0's centre, on both sides.
        half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
        maps = np.linalg.inv(half) @ maps @ half
        out = np.zeros((height, width, 5), dtype=np.float32)
        tiles = [(x, y) for y in range(0, height, TILE_PX[1]) for x in range(0, width, TILE_PX[0])]

        def draw(tile: tuple[int, int]) -> None:
            if stop():
                raise Cancelled
            x, y = tile
            part = out[y : y + TILE_PX[1], x : x + TILE_PX[0]]
            self._draw_tile(part, maps @ np.array([[1, 0, x], [0, 1, y], [0, 0, 1]]), chosen)

        with ThreadPoolExecutor(max(1, torch.get_num_threads())) as pool:
            list(pool.map(draw, tiles))
        drawn = torch.from_numpy(out)
        return Drawn(drawn[..., :3], drawn[..., 3], drawn[..., 4])

    def _draw_tile(self, out: Array, maps: Array, chosen: range) -> None:
        """Into `out` [h, w, 5]: colour, opacity, disparity. `maps` [P, 3, 3] lead from its pixels to the planes'."""
        height, width = out.shape[:2]
        passed = np.ones((height, width), dtype=np.float32)
        sums = np.zeros((4, height, width), dtype=np.float32)
        layers, near_to_far = self.layers.numpy(), reversed(chosen)
        for plane in near_to_far:
            ahead = maps[plane, 2] @ _corners(width, height)
            if ahead.max() <= 0 or self._greatest_within(plane, maps[plane], width, height) < CLEAR:
                continue
            seen = cv2.warpPerspective(
                layers[plane], maps[plane], (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            )
            *colours, share = cv2.split(seen)
            if ahead.min() <= 0:
                # Part of the plane lies behind the eye; it would be seen there upside down.
                across, down, at = maps[plane, 2]
                share[(across * np.arange(width) + at) + (down * np.arange(height) + 0.0)[:, None] <= 0] = 0
            share *= passed
            for total, colour in zip(sums, colours, strict=False):
                colour *= share
                total += colour
            passed -= share
            share *= np.float32(1 / self.depths[plane])
            sums[3] += share
            if passed.max() < CLEAR:
                break
        out[..., :3] = sums[:3].transpose(1, 2, 0)
        out[..., 3], out[..., 4] = 1 - passed, sums[3]

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


def _corners(width: int, height: int) -> Array:
    """[3, 4] of a tile, homogeneous."""
    return np.array([[0, width, 0, width], [0, 0, height, height], [1, 1, 1, 1]])


def _greatest(opacity: Tensor) -> Array:
    """[P, rows, columns] the greatest value in each block of [P, H, W]."""
    pooled = torch.nn.functional.max_pool2d(opacity[:, None], BLOCK_PX, ceil_mode=True)
    return np.asarray(pooled[:, 0].numpy())
