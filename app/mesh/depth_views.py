"""What a camera saw, pixel by pixel: a surface at a depth, nothing at all, or nothing that can be trusted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.camera import Array, Camera
from engines.core.frame import Frame

GRAZING = 0.05
"""Cosine between surface and ray below which a depth is a step between two surfaces rather than one (87 degrees)."""
CLEAR, OPAQUE = 0.05, 0.5
"""Opacity up to which a pixel is empty, and from which its depth counts."""
OPACITIES = ("alpha", "opacity")


@dataclass(frozen=True, eq=False)
class DepthView:
    """One picture and its depth; tensors on the CPU, float32.

    Attributes:
        camera: of the depth's size, which may be coarser than the picture's.
        image: [3, H, W] in [0, 1].
        depth: [h, w] along +z, world units; 0 where there is no hit.
        hit: [h, w] bool, a surface that can be trusted.
        empty: [h, w] bool, the ray goes through to the end. Neither: unknown.
        facing: [h, w] cosine between the surface's normal and the ray; 0 where there is no hit.
    """

    camera: Camera
    image: Tensor
    depth: Tensor
    hit: Tensor
    empty: Tensor
    facing: Tensor


def depth_view(camera: Camera, frame: Frame, background: Tensor | None, border_px: int) -> DepthView:
    """Sorts a frame's pixels.

    Args:
        background: [H, W] bool, pixels of a plain background: they are empty, whatever their depth.
        border_px: outermost pixels of the picture on each side that nothing taught; they are unknown.
    """
    if frame.depth is None:
        raise ValueError("the frame has no depth")
    image = frame.image.detach().to("cpu", torch.float32).clamp(0, 1).permute(2, 0, 1).contiguous()
    depth = frame.depth.detach().to("cpu", torch.float32, copy=True)
    height, width = depth.shape
    empty = torch.isposinf(depth)
    hit = torch.isfinite(depth) & (depth > 0)
    if background is not None:
        gone = _resized(background.float(), height, width) > 0.5
        empty, hit = empty | gone, hit & ~gone
    opacity = next((frame.extra[name] for name in OPACITIES if name in frame.extra), None)
    if opacity is not None:
        opacity = _resized(opacity.detach().cpu().float().reshape(image.shape[1:]), height, width)
        empty, hit = empty | (opacity < CLEAR), hit & (opacity > OPAQUE)
    if border_px:
        known = torch.zeros(image.shape[1:])
        known[border_px:-border_px, border_px:-border_px] = 1
        inner = _resized(known, height, width) > 0.5
        empty, hit = empty & inner, hit & inner
    seen_by = camera.resized((width, height))
    facing = _facing(seen_by, torch.where(hit, depth, torch.nan))
    hit = hit & (facing > GRAZING)
    none = torch.zeros(())
    return DepthView(seen_by, image, torch.where(hit, depth, none), hit, empty & ~hit, torch.where(hit, facing, none))


def _resized(values: Tensor, height: int, width: int) -> Tensor:
    if values.shape == (height, width):
        return values
    return F.interpolate(values[None, None], (height, width), mode="area")[0, 0]


def _rays(camera: Camera) -> tuple[Tensor, Tensor]:
    """[W] and [H] slopes of the rays through the pixels' centres."""
    width, height = camera.size_px
    x = (torch.arange(width) + 0.5 - camera.centre_px[0]) / camera.focal_px[0]
    y = (torch.arange(height) + 0.5 - camera.centre_px[1]) / camera.focal_px[1]
    return x.float(), y.float()


def _facing(camera: Camera, depth: Tensor) -> Tensor:
    """[H, W] cosine between ray and normal, from differences over two pixels; at the rim of what is seen, over one."""
    x, y = _rays(camera)
    # Directions don't depend on the unit, but products of small lengths would drown in rounding.
    depth = depth / depth.nanmedian()
    points = torch.stack([x[None] * depth, y[:, None] * depth, depth])  # [3, H, W], nan where nothing is hit
    normal = torch.linalg.cross(_difference(points, 1), _difference(points, 2), dim=0)
    cosine = (F.normalize(normal, dim=0) * F.normalize(points, dim=0)).sum(0).abs()
    return cosine.nan_to_num(0.0)


def _difference(points: Tensor, along: int) -> Tensor:
    """[3, H, W] the change over two pixels; over one where the neighbour on one side is unknown, else nan."""
    back = points - points.roll(1, along)
    # The picture's ends are no neighbours.
    back.select(along, 0).fill_(torch.nan)
    ahead = -(points - points.roll(-1, along))
    ahead.select(along, -1).fill_(torch.nan)
    both = back + ahead
    return torch.where(both.isfinite(), both, torch.where(back.isfinite(), back, ahead))


def relative_to(view: DepthView, middle: Array, size: float) -> DepthView:
    """The view in coordinates in which `middle` [3] (world) is the origin and `size` (world units) is 1.

    Volumes are filled in single precision, which a map's coordinates, or a world in millimetres, would use up.
    """
    pose = view.camera.camera_to_world.copy()
    pose[:3, 3] = (pose[:3, 3] - middle) / size
    return replace(view, camera=view.camera.at(pose), depth=view.depth / size)


def seen_points(view: DepthView) -> Array:
    """[N, 3] the surface points of a view, world."""
    x, y = _rays(view.camera)
    depth = view.depth
    points = torch.stack([x[None] * depth, y[:, None] * depth, depth], dim=-1)[view.hit].double().numpy()
    pose = view.camera.camera_to_world
    return np.asarray(points @ pose[:3, :3].T + pose[:3, 3])
