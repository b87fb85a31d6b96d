"""Multiplane images (MPI): planes swept through space, views blended onto them, and pictures drawn from them.

Planes are numbered from far to near and stand across the reference camera's axis. The pixel grid is the paper's: pixel
i is sampled at i + 0.5, but a sweep reads between the centres of the outermost pixels (`align_corners`), a drawing
between their outer edges.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.camera import Array, Camera
from engines.core.device import to_device

TINY = 1e-8
BEYOND = -1e6
"""A pixel that no picture has."""


def plane_depths(near: float, far: float, count: int) -> Tensor:
    """[P] depths, evenly spaced in inverse depth, far to near."""
    return 1 / torch.linspace(1 / far, 1 / near, count)


def intrinsics(camera: Camera) -> Tensor:
    """[3, 3] float32 camera to pixels."""
    return torch.from_numpy(camera.intrinsics).float()


def pose(matrix: Array) -> Tensor:
    """[4, 4] float32."""
    return torch.tensor(matrix, dtype=torch.float32)


def pixel_centres(width: int, height: int, device: torch.device) -> Tensor:
    """[H, W, 3] homogeneous."""
    x = torch.arange(width, device=device) + 0.5
    y = torch.arange(height, device=device) + 0.5
    y, x = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([x, y, torch.ones_like(x)], dim=-1)


def _sides(images: Tensor) -> Tensor:
    """[2] float32 width and height of images [..., H, W]."""
    return to_device(torch.tensor([images.shape[-1], images.shape[-2]], dtype=torch.float32), images.device)


def sweep(images: Tensor, cameras: tuple[Camera, ...], reference: Camera, depths: Tensor) -> Tensor:
    """Images as seen from the reference camera if all lay on one plane: a volume for each.

    Args:
        images: [V, 3, H, W], in [0, 1]; what lies beyond them is -1.
        cameras: V, of the images' size.
        depths: [P], of the reference camera.

    Returns:
        [V, 3, P, H, W].
    """
    height, width = images.shape[-2:]
    device = images.device
    to_rays = to_device(torch.linalg.inv(intrinsics(reference)), device)
    rays = pixel_centres(width, height, device).view(-1, 3) @ to_rays.T
    points = rays[None] * to_device(depths, device)[:, None, None]  # [P, N, 3]
    volumes = []
    for image, camera in zip(images, cameras, strict=True):
        move = to_device(pose(camera.world_to_camera) @ torch.linalg.inv(pose(reference.world_to_camera)), device)
        seen = (points @ move[:3, :3].T + move[:3, 3]) @ to_device(intrinsics(camera), device).T
        depth = seen[..., 2:].clamp(min=0)
        at = seen[..., :2] / (depth + TINY * (depth <= 1e-20))
        # Divided by the width, though corners are aligned: so the networks were trained.
        grid = at / _sides(images) * 2 - 1
        # [1, 3, P * H, W]: all planes in one call.
        flat = F.grid_sample(image[None] + 1, grid.view(1, -1, width, 2), align_corners=True) - 1
        volumes.append(flat.view(3, len(depths), height, width))
    return torch.stack(volumes)


def blend(prediction: Tensor, swept: Tensor) -> Tensor:
    """[P, H, W, 4] colours and opacity: the swept views [V, 3, P, H, W], mixed by `prediction` [1 + V, P, H, W]."""
    colours = (prediction[1:, None] * swept).sum(dim=0)
    return torch.cat([colours, prediction[:1]]).permute(1, 2, 3, 0)


def homographies(reference: Camera, camera: Camera, depths: Tensor) -> Tensor:
    """[P, 3, 3] from the camera's pixels to the reference's, by way of each plane."""
    move = pose(camera.world_to_camera) @ torch.linalg.inv(pose(reference.world_to_camera))
    rotation, shift = move[:3, :3].T, move[:3, 3:]
    normal = torch.tensor([[0.0, 0.0, 1.0]])
    away = -depths.cpu().view(-1, 1, 1) - normal @ rotation @ shift
    through = rotation + (rotation @ shift @ normal @ rotation) / (away + TINY * (away == 0))
    maps: Tensor = intrinsics(reference) @ through @ torch.linalg.inv(intrinsics(camera))
    return maps


def warp(planes: Tensor, reference: Camera, camera: Camera, depths: Tensor) -> Tensor:
    """[P, C, H', W'] planes [P, C, H, W] of the reference camera as `camera` sees them, 0 beyond their edges."""
    pixels = pixel_centres(*camera.size_px, planes.device).view(-1, 3)
    at = pixels[None] @ to_device(homographies(reference, camera, depths), planes.device).transpose(1, 2)
    behind = at[..., 2:] < 0
    at = at[..., :2] / (at[..., 2:] + TINY * (at[..., 2:] == 0))
    # What lies behind the eye would be seen upside down.
    at = at.masked_fill(behind, BEYOND)
    grid = (at / _sides(planes) * 2 - 1).view(len(planes), camera.size_px[1], camera.size_px[0], 2)
    return F.grid_sample(planes, grid, align_corners=False)


def visible(opacity: Tensor) -> Tensor:
    """[P, ...] the share of each plane in the picture; opacity [P, ...] far to near."""
    passed = torch.cumprod(1 - opacity.flip(0) + TINY, dim=0)
    passed = torch.cat([torch.ones_like(passed[:1]), passed[:-1]]).flip(0)
    return passed * opacity


def composite(planes: Tensor, depths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Planes [P, 4, H, W], far to near, laid over each other.

    Returns:
        image [H, W, 3], opacity [H, W], disparity [H, W] in inverse world units.
    """
    share = visible(planes[:, 3])
    image = torch.einsum("phw,pchw->hwc", share, planes[:, :3])
    disparities = 1 / to_device(depths, share.device).to(share.dtype)
    return image, share.sum(dim=0), torch.einsum("phw,p->hw", share, disparities)
