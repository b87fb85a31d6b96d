"""Rays through pixels, in the field's own coordinates."""

from __future__ import annotations

import torch
from torch import Tensor

from engines.core.camera import Camera
from engines.core.device import to_device
from engines.dvr.cube import Cube


def pixel_rays(
    camera: Camera, cube: Cube, device: torch.device, pixel_corners: bool, pixels: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Origins and directions [N, 3] of a picture's pixels, row by row; one direction is 1 world unit along +z.

    Args:
        pixel_corners: the picture's corners are the middles of its outermost pixels, as in the authors' code; else
            pixel i lies at i + 0.5, as everywhere.
        pixels: [N] row * width + column of some; None: all.
    """
    width, height = camera.size_px
    x, y = (_places(side, pixel_corners) for side in (width, height))
    x, y = (x - camera.centre_px[0]) / camera.focal_px[0], (y - camera.centre_px[1]) / camera.focal_px[1]
    if pixels is None:
        y, x = (place.flatten() for place in torch.meshgrid(y, x, indexing="ij"))
    else:
        at = pixels.cpu()
        x, y = x[at % width], y[at.div(width, rounding_mode="floor")]
    in_camera = torch.stack([x, y, torch.ones_like(x)], dim=-1)
    # Exact, then rounded once: of a far camera the differences of large numbers are what counts.
    directions = in_camera @ torch.tensor(camera.camera_to_world[:3, :3]).T / cube.side
    origin = cube.in_field(torch.tensor(camera.position))
    return to_device(origin.float(), device).expand(len(directions), 3), to_device(directions.float(), device)


def _places(side: int, pixel_corners: bool) -> Tensor:
    """[side] float64 where pixels lie along a side of so many."""
    if pixel_corners and side > 1:
        return torch.arange(side, dtype=torch.float64) * (side / (side - 1))
    return torch.arange(side, dtype=torch.float64) + 0.5
