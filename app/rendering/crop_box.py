"""A crop box: an axis-aligned box in the world; what lies outside is not shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from engines.core.camera import Array, Camera
from engines.core.errors import UserError

Triple = tuple[float, float, float]
AXES = "xyz"
WHOLE = "scene"
"""The word for the scene's own bounding box."""


@dataclass(frozen=True)
class CropBox:
    """Two corners, the lowest and the highest, world units. Raises ValueError where they are none."""

    low: Triple
    high: Triple

    def __post_init__(self) -> None:
        for axis, low, high in zip(AXES, self.low, self.high, strict=True):
            if not (np.isfinite(low) and np.isfinite(high) and low < high):
                raise ValueError(f"crop box: {axis} goes from {low:g} to {high:g}; the first must be the smaller")

    @staticmethod
    def of(bounds: Array) -> CropBox:
        """The box of bounds [2, 3]; a little thick where they are flat."""
        low, high = np.asarray(bounds, dtype=np.float64)
        flat = high - low < 1e-6 * max(float((high - low).max()), 1e-6)
        low, high = low - 5e-4 * flat, high + 5e-4 * flat
        return CropBox(_triple(low), _triple(high))

    @property
    def bounds(self) -> Array:
        """[2, 3] both corners."""
        return np.array([self.low, self.high])

    def holds(self, points: Array) -> Array:
        """[N] bool: whether points [N, 3] lie in the box."""
        low, high = self.bounds
        return np.asarray(((points >= low) & (points <= high)).all(axis=1))

    def moved(self, by: Array) -> CropBox:
        """The box, `by` [3] further on."""
        return CropBox(_triple(np.array(self.low) + by), _triple(np.array(self.high) + by))

    def with_side(self, axis: int, upper: bool, value: float) -> CropBox:
        """The box with another lower or upper side; raises ValueError where it would lie beyond the other one."""
        sides = list(self.high if upper else self.low)
        sides[axis] = float(value)
        changed = (sides[0], sides[1], sides[2])
        return replace(self, high=changed) if upper else replace(self, low=changed)


def read_crop_box(words: Sequence[str], whole: Array, origin: Array) -> CropBox:
    """A crop box in a scene's coordinates, of `scene` or six numbers: xmin ymin zmin xmax ymax zmax.

    Args:
        whole: [2, 3] the scene's bounding box, in its own coordinates.
        origin: [3] where these begin in the world that the numbers are of.

    Raises:
        UserError: they are no box.
    """
    parts = [part for word in words for part in word.split(",") if part]
    if parts == [WHOLE]:
        return CropBox.of(whole)
    text = " ".join(words)
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != 6:
        raise UserError(f"crop box {text!r}: write xmin ymin zmin xmax ymax zmax, in world units, or scene")
    try:
        return CropBox(_triple(numbers[:3]), _triple(numbers[3:])).moved(-np.asarray(origin))
    except ValueError as error:
        raise UserError(str(error)) from error


def inside(depth: Tensor, camera: Camera, box: CropBox) -> Tensor:
    """[h, w] bool: whether the point that each pixel shows lies in the box; where nothing is hit, it doesn't.

    Args:
        depth: [h, w] along the camera's +z, world units, of its picture, perhaps on a coarser grid.
    """
    height, width = depth.shape
    camera = camera.resized((width, height))
    x = (torch.arange(width, device=depth.device) + 0.5 - camera.centre_px[0]) / camera.focal_px[0]
    y = (torch.arange(height, device=depth.device) + 0.5 - camera.centre_px[1]) / camera.focal_px[1]
    kept = depth.isfinite()
    for axis in range(3):
        right, down, forward, place = (float(value) for value in camera.camera_to_world[axis])
        ahead = right * x[None, :] + down * y[:, None] + forward
        along = place + depth * ahead
        kept = kept & (along >= box.low[axis]) & (along <= box.high[axis])
    return kept


def cropped_depths(maps: Mapping[str, Array], box: CropBox | None) -> Mapping[str, Array]:
    """Depth maps as `HasDepthMaps` gives them, infinite where what they show lies outside of a box; None: nowhere."""
    if box is None:
        return maps
    depths = np.array(maps["depth"])
    for depth, pose, matrix in zip(depths, maps["camera_to_world"], maps["K"], strict=True):
        height, width = depth.shape
        focal_px, centre_px = (matrix[0, 0], matrix[1, 1]), (matrix[0, 2], matrix[1, 2])
        camera = Camera(pose, focal_px, centre_px, (width, height))
        depth[~inside(torch.from_numpy(depth), camera, box).numpy()] = np.inf
    return {**maps, "depth": depths}


def _triple(values: Sequence[float] | Array) -> Triple:
    x, y, z = (float(value) for value in values)
    return x, y, z
