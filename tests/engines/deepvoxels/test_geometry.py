"""Lifting and depth against plain loops and shapes whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engines.core.camera import Camera, look_at, project
from engines.deepvoxels.geometry import GridPlacement, depth_on_pixels, lift, lifted_voxels

CPU = torch.device("cpu")
GRID = 8
PLACEMENT = GridPlacement((0.1, -0.2, 0.05), 1.2, 0.8)


@pytest.fixture
def camera() -> Camera:
    pose = look_at(np.array([1.1, -1.3, 0.7]), np.array([0.3, -0.2, 0.05]), np.array([0.0, 0.0, 1.0]))
    return Camera(pose, (150.0, 150.0), (62.0, 66.0), (128, 128))


def test_a_voxel_is_lifted_from_where_it_is_seen(camera: Camera) -> None:
    voxels = lifted_voxels(camera, PLACEMENT, GRID, CPU)
    places = {int(index): pixel for index, pixel in zip(voxels.index, voxels.pixels.T, strict=True)}
    assert 0 < len(places) < GRID**3, "some are out of sight"
    for index in range(GRID**3):
        z, y, x = index // GRID**2, index // GRID % GRID, index % GRID
        centre = np.array(PLACEMENT.centre) + (np.array([x, y, z]) - GRID // 2) * PLACEMENT.scale / GRID
        pixels, depth = project(camera, centre[None])
        # The maps are 64 wide, and their pixel i lies at i of the scaled intrinsics.
        seen = depth[0] > 0 and bool(((np.round(pixels[0] / 2) >= 0) & (np.round(pixels[0] / 2) < 64)).all())
        assert seen == (index in places)
        if seen:
            np.testing.assert_allclose(places[index], pixels[0] / 2, atol=1e-3)


def test_lifting_reads_the_map_between_its_pixels(camera: Camera) -> None:
    voxels = lifted_voxels(camera, PLACEMENT, GRID, CPU)
    column, row = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="xy")
    # Linear in both directions, so that interpolation is exact, and neither transposed nor turned the same.
    features = torch.stack([column, 100 + 3 * row])[None]
    grid = lift(features, voxels, GRID).flatten(2)[0]
    inside = voxels.pixels.clamp(0, 63)
    torch.testing.assert_close(grid[0, voxels.index], inside[0], atol=1e-3, rtol=0)
    torch.testing.assert_close(grid[1, voxels.index], 100 + 3 * inside[1], atol=1e-3, rtol=0)
    unseen = torch.ones(GRID**3, dtype=torch.bool)
    unseen[voxels.index] = False
    assert unseen.any() and not grid[:, unseen].any()


@pytest.mark.parametrize("side_px", [128, 512])
def test_depth_on_pixels_is_where_the_pixels_are(side_px: int) -> None:
    column, row = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="xy")
    depth = depth_on_pixels(column + 10 * row, side_px)
    at = (torch.arange(side_px) + 0.5) * 64 / side_px
    at = at.clamp(0, 63)
    torch.testing.assert_close(depth, at[None, :] + 10 * at[:, None], atol=1e-3, rtol=0)
