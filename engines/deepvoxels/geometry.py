"""The paper's grids: where voxels fall in a photograph, and where a camera's view volume falls in the voxel grid.

The published weights were trained on these conventions, so they are kept to the letter, in float32 and in the
authors' order of operations (a sample on the grid's border must fall on the same side as theirs):

- feature pixel (column i, row j) of the 64x64 maps lies on the ray through (i, j) of the intrinsics scaled to 64,
  without the half pixel that `engines.core` has; `scaled_intrinsics` and `depth_on_pixels` convert.
- voxel (i, j, k) lies at ((i, j, k) - G // 2) * voxel_size from the grid's centre.
- plane p of the view volume lies at near_plane + p * voxel_size along +z of the camera.
- grid tensors are [1, F, z, y, x].

Index arithmetic divides whole numbers with //: the authors' torch floored there, and newer ones don't.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.core.camera import Array, Camera
from engines.core.device import to_device
from engines.deepvoxels.config import FEATURE_PX

DEFAULT_NEAR_PLANE = float(np.sqrt(3) / 2)
"""The authors' default: half the diagonal of a unit cube."""


@dataclass(frozen=True)
class GridPlacement:
    """The voxel grid's place in the world, and the distance at which a view volume begins.

    Attributes:
        centre: (x, y, z), world.
        scale: the grid's side, world units.
        near_plane: distance of the first plane from the camera along +z, world units.
    """

    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: float = 1.0
    near_plane: float = DEFAULT_NEAR_PLANE

    @staticmethod
    def from_hints(hints: Mapping[str, Any]) -> GridPlacement:
        """What `intrinsics.txt` or a scene file says; a near plane of 0 means the default, as in the authors' code.

        Of hints that say nothing it is the authors' default, not the data's word: see `placement.is_stated`.
        """
        x, y, z = (float(value) for value in hints.get("grid_barycenter", (0.0, 0.0, 0.0)))
        near = float(hints.get("near_plane", 0.0)) or DEFAULT_NEAR_PLANE
        return GridPlacement((x, y, z), float(hints.get("scale", 1.0)), near)

    def to_hints(self) -> dict[str, Any]:
        """What `from_hints` reads."""
        return {"grid_barycenter": list(self.centre), "scale": self.scale, "near_plane": self.near_plane}

    def voxel_size(self, grid_dim: int) -> float:
        """World units."""
        return (1.0 / grid_dim) * self.scale

    def bounds(self) -> Array:
        """[2, 3] the grid's box."""
        centre = np.array(self.centre)
        return np.stack([centre - self.scale / 2, centre + self.scale / 2])

    def sees(self, camera: Camera) -> bool:
        """Whether the camera's view volume reaches the grid's inner half, where scenes are."""
        centre = camera.world_to_camera @ np.array([*self.centre, 1.0])
        return bool(self.near_plane - self.scale / 4 < centre[2] < self.near_plane + 2.25 * self.scale)


@dataclass(frozen=True, eq=False)
class FrustumSamples:
    """The samples of a view volume that lie inside the grid.

    Attributes:
        index: [N] int64, (plane * 64 + row) * 64 + column.
        voxels: [3, N] float32, (x, y, z) in voxels, in [0, G).
    """

    index: Tensor
    voxels: Tensor


@dataclass(frozen=True, eq=False)
class LiftedVoxels:
    """The voxels that a photograph sees.

    Attributes:
        index: [N] int64, (z * G + y) * G + x.
        pixels: [2, N] float32, (column, row) in the 64x64 feature map.
    """

    index: Tensor
    pixels: Tensor


def scaled_intrinsics(camera: Camera) -> tuple[float, float, float, float]:
    """fx, fy, cx, cy for the 64x64 maps."""
    small = camera.resized((FEATURE_PX, FEATURE_PX))
    return *small.focal_px, *small.centre_px


def frustum_samples(camera: Camera, placement: GridPlacement, grid_dim: int, device: torch.device) -> FrustumSamples:
    """Places the view volume's 2G x 64 x 64 samples in the grid (the authors' `compute_proj_idcs`)."""
    fx, fy, cx, cy = scaled_intrinsics(camera)
    voxel_size, planes = placement.voxel_size(grid_dim), 2 * grid_dim
    index = torch.arange(planes * FEATURE_PX * FEATURE_PX, device=device)
    plane = index // (FEATURE_PX * FEATURE_PX)
    row = index // FEATURE_PX % FEATURE_PX
    column = index % FEATURE_PX
    z = plane.float() * voxel_size + placement.near_plane
    x = (column.float() - cx) / fx * z
    y = (row.float() - cy) / fy * z
    camera_to_world = to_device(torch.tensor(camera.camera_to_world, dtype=torch.float32), device)
    # Inverted on the CPU: a GPU would be waited for, whether there is an inverse.
    world_to_grid = to_device(_grid_to_world(placement).inverse(), device)
    in_grid = world_to_grid @ (camera_to_world @ torch.stack([x, y, z, torch.ones_like(z)]))
    voxels = in_grid[:3] / voxel_size + grid_dim / 2
    # A mask would be looked through once for each of the two, and a GPU waited for each time.
    inside = ((voxels >= 0) & (voxels < grid_dim)).all(dim=0).nonzero()[:, 0]
    return FrustumSamples(inside, voxels[:, inside])


def lifted_voxels(camera: Camera, placement: GridPlacement, grid_dim: int, device: torch.device) -> LiftedVoxels:
    """Projects every voxel into the feature map (the authors' `comp_lifting_idcs`).

    Theirs also drops voxels outside a box about the view volume, rounded outwards to whole world units; here
    voxels behind the camera are dropped, which is what that box is for.
    """
    fx, fy, cx, cy = scaled_intrinsics(camera)
    index = torch.arange(grid_dim**3, device=device)
    z, y, x = index // grid_dim**2, index // grid_dim % grid_dim, index % grid_dim
    in_grid = (torch.stack([x, y, z]).float() - grid_dim // 2) * placement.voxel_size(grid_dim)
    points = torch.cat([in_grid, torch.ones_like(in_grid[:1])])
    world_to_camera = to_device(torch.tensor(camera.world_to_camera, dtype=torch.float32), device)
    in_camera = world_to_camera @ (to_device(_grid_to_world(placement), device) @ points)
    depth = in_camera[2]
    pixels = torch.stack([in_camera[0] * fx / depth + cx, in_camera[1] * fy / depth + cy])
    nearest = pixels.round()
    seen = ((depth > 0) & ((nearest >= 0) & (nearest < FEATURE_PX)).all(dim=0)).nonzero()[:, 0]
    return LiftedVoxels(seen, pixels[:, seen])


def _grid_to_world(placement: GridPlacement) -> Tensor:
    matrix = torch.eye(4)
    matrix[:3, 3] = torch.tensor(placement.centre)
    return matrix


def lift(features: Tensor, voxels: LiftedVoxels, grid_dim: int) -> Tensor:
    """[1, F, G, G, G] each voxel's feature where the photograph sees it, 0 elsewhere.

    Args:
        features: [1, F, 64, 64].
    """
    # Positions just outside count as on the border; the authors' indices wrap to the other side there.
    place = voxels.pixels * (2 / (FEATURE_PX - 1)) - 1
    sampled = F.grid_sample(
        features, place.T[None, None], mode="bilinear", padding_mode="border", align_corners=True
    )  # [1, F, 1, N]
    grid = features.new_zeros(1, features.shape[1], grid_dim**3)
    grid = grid.index_copy(2, voxels.index, sampled[:, :, 0])
    return grid.view(1, -1, grid_dim, grid_dim, grid_dim)


def grid_rows(grid: Tensor) -> Tensor:
    """[G^3, F] a row of features for each voxel of [1, F, G, G, G], as `interpolate` wants them."""
    return grid[0].flatten(1).T.contiguous()


def interpolate(rows: Tensor, samples: FrustumSamples, grid_dim: int) -> Tensor:
    """[N, F] trilinear values at the samples; the last voxel is repeated outwards.

    One weighted gather instead of `grid_sample`: several times faster on a CPU, and its gradient is the same every
    time on a GPU too.
    """
    index, weights = _corners(samples.voxels, grid_dim)
    return F.embedding_bag(index, rows, per_sample_weights=weights.to(rows.dtype), mode="sum")


def _corners(voxels: Tensor, grid_dim: int) -> tuple[Tensor, Tensor]:
    """The 8 voxels about each place of [3, N]: [N, 8] their flat indices, [N, 8] their weights."""
    place = voxels.clamp(0, grid_dim - 1)
    low = place.floor().clamp(max=grid_dim - 2)
    x, y, z = place - low
    first = low.int()
    base = (first[2] * grid_dim + first[1]) * grid_dim + first[0]
    step = torch.arange(2, dtype=torch.int32, device=voxels.device)
    steps = (step[:, None, None] * grid_dim + step[:, None]) * grid_dim + step
    rows = base[:, None] + steps.flatten()
    in_x, in_y, in_z = (torch.stack([1 - part, part], dim=1) for part in (x, y, z))
    weights = in_z[:, :, None, None] * in_y[:, None, :, None] * in_x[:, None, None, :]
    return rows, weights.flatten(1)


def fill_volume(features: Tensor, index: Tensor, planes: int) -> Tensor:
    """[1, F, D, 64, 64] with `features` [N, F] at `index` [N], 0 elsewhere; channels last in memory."""
    volume = features.new_zeros(planes * FEATURE_PX * FEATURE_PX, features.shape[1])
    volume = volume.index_copy(0, index, features)
    return volume.view(planes, FEATURE_PX, FEATURE_PX, -1).permute(3, 0, 1, 2)[None]


def metric_depth(coordinate: Tensor, placement: GridPlacement, grid_dim: int, formula: str) -> Tensor:
    """[64, 64] depth along +z, world units.

    Args:
        coordinate: [1, 1, 64, 64], plane / D - 0.5.
        formula: "geometric" counts the view volume's 2 G planes; "official" ceil(sqrt(3) G), as the authors' code.
    """
    planes = 2 * grid_dim if formula == "geometric" else int(np.ceil(np.sqrt(3) * grid_dim))
    return (coordinate[0, 0] + 0.5) * planes * placement.voxel_size(grid_dim) + placement.near_plane


def rays_inside(samples: FrustumSamples) -> Tensor:
    """[64, 64] float32: 1 where the ray of that pixel of the feature map meets the grid in the view volume, else 0."""
    inside = torch.zeros(FEATURE_PX * FEATURE_PX, device=samples.voxels.device)
    inside[samples.index % len(inside)] = 1
    return inside.view(FEATURE_PX, FEATURE_PX)


def depth_on_pixels(depth: Tensor, side_px: int) -> Tensor:
    """[S, S] depth at the picture's pixels from the paper's 64x64 grid [64, 64].

    Picture pixel u is sampled at u + 0.5, which is (u + 0.5) * 64 / S of the feature map's columns.
    """
    place = (torch.arange(side_px, device=depth.device) + 0.5) * (FEATURE_PX / side_px)
    place = place * (2 / (FEATURE_PX - 1)) - 1
    y, x = torch.meshgrid(place, place, indexing="ij")
    grid = torch.stack([x, y], dim=-1)[None]
    return F.grid_sample(depth[None, None], grid, mode="bilinear", padding_mode="border", align_corners=True)[0, 0]
