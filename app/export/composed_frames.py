"""Frames that are made of several or larger pictures of a scene: supersampled ones, stereo pairs, the whole sphere.

Each takes a way to draw a camera, and gives a frame as if the scene had drawn it. Depths and normals are never mixed:
between two surfaces there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engines.core.camera import Array, Camera, look_at
from engines.core.frame import ALPHA, Frame

DrawCamera = Callable[[Camera], Frame]
MARGIN_PX = 2
"""Around each face of the cube, so that its border is interpolated between pixels that are there."""
FACES = np.array(
    [
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        [[0, 0, -1], [0, 1, 0], [1, 0, 0]],
        [[-1, 0, 0], [0, 1, 0], [0, 0, -1]],
        [[0, 0, 1], [0, 1, 0], [-1, 0, 0]],
        [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
        [[1, 0, 0], [0, 0, -1], [0, 1, 0]],
    ],
    dtype=np.float64,
)
"""[6, 3, 3] right, down and forward of each face in the camera's axes: ahead, right, behind, left, above, below."""


def reduced(frame: Frame, size_px: tuple[int, int], by_alpha: bool = False) -> Frame:
    """The frame at a whole part of its size: colours and alpha averaged by area, other channels by their middle.

    Args:
        size_px: (width, height), of which the frame's are a multiple.
        by_alpha: whether colours count by how far they cover, as those of transparent pictures do.
    """
    width, height = size_px
    factor = frame.image.shape[1] // width
    if factor == 1:
        return frame

    def averaged(values: Tensor) -> Tensor:
        return functional.avg_pool2d(values.permute(2, 0, 1)[None], factor)[0].permute(1, 2, 0).contiguous()

    def middle(values: Tensor) -> Tensor:
        # A channel may have a coarser grid of its own.
        is_ours = values.shape[:2] == frame.image.shape[:2]
        return values[factor // 2 :: factor, factor // 2 :: factor].contiguous() if is_ours else values

    colour, alpha = _filtered(frame, averaged, by_alpha)
    extra = {name: middle(values) for name, values in frame.extra.items()}
    if alpha is not None:
        extra[ALPHA] = alpha.reshape(height, width, *frame.extra[ALPHA].shape[2:])
    return Frame(colour, None if frame.depth is None else middle(frame.depth), extra)


def _filtered(frame: Frame, way: Callable[[Tensor], Tensor], by_alpha: bool) -> tuple[Tensor, Tensor | None]:
    """Colours [H, W, 3] and alpha [H, W, 1], after a linear filter of [H, W, C]."""
    alpha = frame.extra.get(ALPHA)
    if alpha is None:
        return way(frame.image), None
    alpha = alpha.reshape(*frame.image.shape[:2], 1)
    if not by_alpha:
        both = way(torch.cat([frame.image, alpha], dim=2))
        return both[..., :3].contiguous(), both[..., 3:].contiguous()
    both = way(torch.cat([frame.image * alpha, alpha], dim=2))
    covered = both[..., 3:]
    return both[..., :3] / covered.clamp_min(1e-6), covered.contiguous()


def stereo_pair(draw: DrawCamera, camera: Camera, eye_distance: float) -> Frame:
    """What the left and the right eye see, side by side: both look straight ahead, `eye_distance` apart."""
    left, right = (draw(_moved(camera, side * eye_distance / 2)) for side in (-1, 1))
    extra = {name: torch.cat([left.extra[name], right.extra[name]], dim=1) for name in left.extra}
    depths = [frame.depth for frame in (left, right) if frame.depth is not None]
    depth = torch.cat(depths, dim=1) if len(depths) == 2 else None
    return Frame(torch.cat([left.image, right.image], dim=1), depth, extra)


def _moved(camera: Camera, sideways: float) -> Camera:
    pose = camera.camera_to_world.copy()
    pose[:3, 3] += camera.right * sideways
    return camera.at(pose)


def level_camera(camera: Camera, up: Array, size_px: tuple[int, int]) -> Camera:
    """The camera that the sphere's middle shows: where `camera` stands and heads, with a level horizon.

    Its lens is that of the face ahead, 90 degrees along the picture's height.

    Args:
        up: [3] unit vector, world.
        size_px: (width, height) of the sphere's picture.
    """
    ahead = camera.forward - up * float(camera.forward @ up)
    if np.linalg.norm(ahead) < 1e-6:
        # Straight down the top of the picture is ahead, straight up its bottom.
        ahead = camera.down * np.sign(camera.forward @ up)
    pose = look_at(camera.position, camera.position + ahead, up)
    width, height = size_px
    return Camera(pose, (height / 2, height / 2), (width / 2, height / 2), size_px)


def whole_sphere(draw: DrawCamera, camera: Camera, by_alpha: bool = False) -> Frame:
    """All that is seen around `camera`, equirectangular: longitude across, straight ahead in the middle.

    Depth is the distance along each pixel's ray.

    Args:
        camera: of `level_camera`; its size is the picture's.
        by_alpha: as in `reduced`.
    """
    width, height = camera.size_px
    # As many pixels a degree as the picture has, in the middle of a face, where there are fewest.
    side = max(2, int(np.ceil(width / np.pi)))
    around = _sampling(camera.size_px, side)
    parts = []
    for face, rotation in zip(around, FACES, strict=True):
        pose = camera.camera_to_world.copy()
        pose[:3, :3] = camera.camera_to_world[:3, :3] @ rotation.T
        whole = side + 2 * MARGIN_PX
        parts.append(_sampled(draw(Camera(pose, (side / 2,) * 2, (whole / 2,) * 2, (whole,) * 2)), face, by_alpha))
    order = torch.from_numpy(np.argsort(np.concatenate([face.pixels for face in around])))

    def joined(values: list[Tensor]) -> Tensor:
        return torch.cat(values)[order.to(values[0].device)].reshape(height, width, *values[0].shape[1:])

    depths = [part.depth for part in parts if part.depth is not None]
    extra = {name: joined([part.extra[name] for part in parts]) for name in parts[0].extra}
    return Frame(joined([part.image for part in parts]), joined(depths) if len(depths) == len(parts) else None, extra)


@dataclass(frozen=True, eq=False)
class _FaceSampling:
    """Where the pixels that a face of the cube gives are in it.

    Attributes:
        pixels: [N] row * width + column in the sphere's picture.
        places: [N, 2] (x, y) in the face, from -1 to 1, border to border.
        stretch: [N] the distance along the ray of what lies at depth 1.
    """

    pixels: Array
    places: Tensor
    stretch: Tensor


@lru_cache(maxsize=2)
def _sampling(size_px: tuple[int, int], side: int) -> tuple[_FaceSampling, ...]:
    width, height = size_px
    longitude = ((np.arange(width) + 0.5) / width - 0.5) * 2 * np.pi
    latitude = (0.5 - (np.arange(height) + 0.5) / height) * np.pi
    east, north = (values.reshape(-1) for values in np.meshgrid(longitude, latitude))
    rays = np.stack([np.cos(north) * np.sin(east), -np.sin(north), np.cos(north) * np.cos(east)], axis=1)
    ahead = rays @ FACES[:, 2].T
    nearest = ahead.argmax(axis=1)
    share = side / (side + 2 * MARGIN_PX)
    found = []
    for number, rotation in enumerate(FACES):
        pixels = np.flatnonzero(nearest == number)
        seen = rays[pixels] @ rotation.T
        places = torch.from_numpy((seen[:, :2] / seen[:, 2:] * share).astype(np.float32))
        found.append(_FaceSampling(pixels, places, torch.from_numpy((1 / seen[:, 2]).astype(np.float32))))
    return tuple(found)


def _sampled(frame: Frame, face: _FaceSampling, by_alpha: bool) -> Frame:
    """The pixels of a face as a frame of one column [N, ...]."""
    places = face.places.to(frame.image.device)[None, None]

    def taken(values: Tensor, mode: str) -> Tensor:
        flat = values.reshape(*values.shape[:2], -1).permute(2, 0, 1)[None].float()
        picked = functional.grid_sample(flat, places, mode=mode, padding_mode="border", align_corners=False)
        return picked[0, :, 0].T.reshape(-1, *values.shape[2:])

    colour, alpha = _filtered(frame, lambda values: taken(values, "bilinear"), by_alpha)
    extra = {name: taken(values, "nearest") for name, values in frame.extra.items()}
    if alpha is not None:
        extra[ALPHA] = alpha.reshape(-1, *frame.extra[ALPHA].shape[2:])
    depth = frame.depth
    if depth is not None:
        depth = taken(depth, "nearest")
        depth = depth * face.stretch.to(depth.device).reshape(-1, *[1] * (depth.ndim - 1))
    return Frame(colour, depth, extra)


def ranged(frame: Frame, camera: Camera) -> Frame:
    """The frame with its depth along each pixel's ray in place of along the camera's +z."""
    if frame.depth is None:
        return frame
    height, width = frame.depth.shape[:2]
    lens = camera.resized((width, height))
    x = (frame.depth.new_tensor(range(width)) + 0.5 - lens.centre_px[0]) / lens.focal_px[0]
    y = (frame.depth.new_tensor(range(height)) + 0.5 - lens.centre_px[1]) / lens.focal_px[1]
    lengths = (x[None, :].square() + y[:, None].square() + 1).sqrt()
    return replace(frame, depth=frame.depth * lengths.reshape(height, width, *[1] * (frame.depth.ndim - 2)))
