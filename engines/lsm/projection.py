"""From photographs' features to a grid, and from a grid to slices along rays (paper, section 3.1).

Both as the authors have them: voxels of a grid are looked up at their centres and with bilinear interpolation; samples
of rays in whole voxels, half a voxel off from that, and nothing where they leave the grid.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engines.lsm.config import MAX_Z, MIN_Z, VMAX, VMIN


def voxel_centres(nvox: int, like: Tensor) -> Tensor:
    """[3, nvox^3] in the scene, of the kind and on the device of `like`; x changes slowest, z fastest."""
    side = (VMAX - VMIN) / nvox
    along = VMIN + side / 2 + torch.arange(nvox, device=like.device, dtype=like.dtype) * side
    return torch.stack(torch.meshgrid(along, along, along, indexing="ij")).flatten(1)


def project_centres(K: Tensor, R: Tensor, nvox: int) -> tuple[Tensor, Tensor, Tensor]:
    """The pixels at which photographs show the centres of the grid's voxels, and how deep these lie.

    Args:
        K: [N, 3, 3] intrinsics, pixels.
        R: [N, 3, 4] world to camera.

    Returns:
        Columns and rows [N, nvox^3], pixels, and depths [N, nvox^3]; also of voxels behind the camera.
    """
    centres = voxel_centres(nvox, K)
    across, down, depth = (K @ R @ torch.cat([centres, torch.ones_like(centres[:1])])).unbind(1)
    return across / depth, down / depth, depth


def unproject(features: Tensor, K: Tensor, R: Tensor, nvox: int, size_px: tuple[int, int]) -> Tensor:
    """The grid of each photograph: features where it shows each voxel, and how deep that lies (`proj_splat`).

    Args:
        features: [N, C, h, w].
        K: [N, 3, 3], R: [N, 3, 4] as `project_centres`, of photographs of `size_px`, (width, height).

    Returns:
        [N, C + 1, nvox, nvox, nvox], along x, y, z.
    """
    at, weights, depth = corners(K, R, nvox, size_px, (features.shape[3], features.shape[2]))
    flat = features.flatten(2)
    found = flat.new_zeros(*flat.shape[:2], nvox**3)
    for corner in range(4):
        places = at[:, corner, None].expand(-1, flat.shape[1], -1)
        found = found + weights[:, corner, None] * flat.gather(2, places)
    grids = torch.cat([found, depth[:, None]], dim=1)
    return grids.view(*grids.shape[:2], nvox, nvox, nvox)


def corners(
    K: Tensor, R: Tensor, nvox: int, size_px: tuple[int, int], features_px: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor]:
    """Between which features of photographs voxels are looked up.

    Args:
        size_px: (width, height) of the photographs, and `features_px` of their features.

    Returns:
        at: [N, 4, nvox^3] numbers of features, row by row.
        weights: [N, 4, nvox^3] of each.
        depth: [N, nvox^3].
    """
    width, height = features_px
    columns, rows, depth = project_centres(K, R, nvox)
    # A voxel in the camera's own plane has no place in the picture; TensorFlow's has no number then.
    columns = (columns * (width / size_px[0])).nan_to_num(0.0).clamp(0, width - 1)
    rows = (rows * (height / size_px[1])).nan_to_num(0.0).clamp(0, height - 1)
    left, top = columns.floor(), rows.floor()
    # Beyond the last pixel the weight is 0.
    right, bottom = (left + 1).clamp(max=width - 1), (top + 1).clamp(max=height - 1)
    to_right, to_bottom = columns - left, rows - top
    at, weights = list[Tensor](), list[Tensor]()
    for row, row_weight in ((top, 1 - to_bottom), (bottom, to_bottom)):
        for column, column_weight in ((left, 1 - to_right), (right, to_right)):
            at.append((row * width + column).long())
            weights.append(column_weight * row_weight)
    return torch.stack(at, dim=1), torch.stack(weights, dim=1), depth


def sample_places(K: Tensor, R: Tensor, side_px: int, im_px: int, samples: int, nvox: int) -> Tensor:
    """The places in the grid, in voxels and not rounded, of samples of rays through a picture of `side_px`.

    Args:
        K: [N, 3, 3], R: [N, 3, 4] as `project_centres`, of photographs of `im_px` a side.

    Returns:
        [N, 3, samples * side_px^2] of x, y, z; row by row within a sample.
    """
    scale = side_px / im_px
    along = torch.arange(side_px, device=K.device, dtype=K.dtype) + 0.5
    rows, columns = torch.meshgrid(along, along, indexing="ij")
    pixels = torch.stack([columns.flatten(), rows.flatten(), torch.full_like(rows.flatten(), scale)])
    # All of K is scaled, its last 1 too, and with it the last coordinate: depths are 1.
    rays = torch.linalg.solve_triangular(K * scale, pixels.expand(len(K), -1, -1), upper=True)
    depths = torch.linspace(MIN_Z, MAX_Z, samples, device=K.device, dtype=K.dtype)
    in_camera = (rays[:, :, None] * depths[:, None]).flatten(2)
    turned = R[:, :, :3].mT
    back = torch.cat([turned, -turned @ R[:, :, 3:]], dim=2)
    in_world = back @ torch.cat([in_camera, torch.ones_like(in_camera[:, :1])], dim=1)
    return (in_world - VMIN) / (VMAX - VMIN) * nvox


def slice_grids(grids: Tensor, K: Tensor, R: Tensor, side_px: int, im_px: int, samples: int, nvox: int) -> Tensor:
    """What the grids hold along the rays of cameras (`proj_slice`).

    Args:
        grids: [T, C, n, n, n] of an object, e.g. after 1..T photographs.
        K: [V, 3, 3], R: [V, 3, 4], all others: as `sample_places`. The authors place samples in `nvox` voxels a side
            also where `unet64` gives them a grid of half as many.

    Returns:
        [T, V, C * samples, side_px, side_px]; the samples of a channel stand together.
    """
    # Half to even, as TensorFlow rounds.
    places = sample_places(K, R, side_px, im_px, samples, nvox).round().long()
    sizes = grids.shape[2:]
    inside = torch.stack([(at >= 0) & (at < size) for at, size in zip(places.unbind(1), sizes, strict=True)]).all(dim=0)
    x, y, z = (at.clamp(0, size - 1) for at, size in zip(places.unbind(1), sizes, strict=True))
    at = (x * sizes[1] + y) * sizes[2] + z  # [V, samples * side_px^2]
    found = grids.flatten(2)[:, :, at] * inside  # [T, C, V, samples * side_px^2]
    shaped = found.view(*found.shape[:3], samples, side_px, side_px)
    return shaped.transpose(1, 2).flatten(2, 3)
