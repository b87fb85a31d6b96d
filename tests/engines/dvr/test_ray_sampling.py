"""Pixels, their rays, and places on rays: against a projection back into the picture, and by their bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from engines.core.camera import Camera, look_at, project
from engines.dvr.config import PADDING, DvrConfig
from engines.dvr.cube import Cube
from engines.dvr.ray_sampling import Pixels, choose_pixels, patches_of, places_on_rays, rays_through, rectangle_about

CUBE = Cube((1.0, -2.0, 0.5), 2.0)
CAMERA = Camera(
    look_at(np.array([4.0, -3, 2]), np.array(CUBE.centre), np.array([0, 0, 1.0])), (30, 25), (20, 16), (40, 30)
)


def pixels(size_px: tuple[int, int] = (40, 30), seed: int = 0, **settings: Any) -> Pixels:
    return choose_pixels(size_px, DvrConfig(**settings), torch.Generator().manual_seed(seed))


def test_patches_lie_in_the_picture_row_by_row() -> None:
    chosen = pixels(n_training_points=200, patch_size=3)
    patches = torch.stack([chosen.columns, chosen.rows], dim=1).view(-1, 3, 3, 2)
    assert len(patches) == 22 == patches_of((40, 30), DvrConfig(n_training_points=200, patch_size=3))
    assert int(chosen.columns.min()) >= 0 and int(chosen.columns.max()) < 40 and int(chosen.rows.max()) < 30
    steps = patches - patches[:, :1, :1]
    assert (steps[:, 1, 2] == torch.tensor([2, 1])).all() and (steps[:, 2, 0] == torch.tensor([0, 2])).all()
    assert (chosen.within == 0.5).all()


def test_edges_are_chosen_as_often_as_the_middle() -> None:
    chosen = pixels((6, 5), n_training_points=1, patch_size=1, lambda_image_gradients=0.0)
    assert len(chosen.columns) == 1
    many = [pixels((6, 5), seed, n_training_points=8, patch_size=2) for seed in range(60)]
    assert {int(column) for one in many for column in one.columns} == set(range(6))
    assert {int(row) for one in many for row in one.rows} == set(range(5))


@pytest.mark.parametrize("side", [1, 2])
def test_where_a_picture_has_no_more_pixels_all_are_chosen_once(side: int) -> None:
    weight: dict[str, Any] = {} if side == 2 else {"lambda_image_gradients": 0.0}
    chosen = pixels((6, 4), n_training_points=1000, patch_size=side, **weight)
    places = set(zip(chosen.columns.tolist(), chosen.rows.tolist(), strict=True))
    assert len(chosen.columns) == 24 and places == {(x, y) for x in range(6) for y in range(4)}


def test_places_within_pixels_are_shared_by_a_patch() -> None:
    within = pixels(n_training_points=64, sample_continuous=True).within.view(-1, 4, 2)
    assert (within == within[:, :1]).all() and 0 <= float(within.min()) < 0.1 and 0.9 < float(within.max()) < 1


def test_rays_go_through_their_pixels_by_world_units_of_depth() -> None:
    places_px = torch.tensor([[0.5, 0.5], [20.0, 16.0], [39.5, 3.25]])
    origins, directions = rays_through(CAMERA, CUBE, places_px)
    for depth in (1.0, 2.5):
        world = (origins + depth * directions) * CUBE.side + torch.tensor(CUBE.centre)
        found, depths = project(CAMERA, world.double().numpy())
        np.testing.assert_allclose(found, places_px.numpy(), atol=1e-3)
        np.testing.assert_allclose(depths, depth, atol=1e-5)


def test_places_by_chance_lie_on_the_way_through_the_cube() -> None:
    chosen = pixels(n_training_points=4000)
    places_px = torch.stack([chosen.columns, chosen.rows], dim=1) + chosen.within
    origins, directions = rays_through(CAMERA, CUBE, places_px)
    config = DvrConfig(depth_range=(0.0, 3.0))
    empty, occupied = places_on_rays(origins, directions, chosen.chance, config, CUBE.side)
    for at, half in ((empty, 0.5 + PADDING / 2), (occupied, 0.5)):
        farthest = (origins + at[:, None] * directions).abs().amax(dim=1)
        meets = farthest <= half + 1e-5
        assert 0.2 < float(meets.float().mean()) < 0.9
        # Of the rays beside it, up to the end of the range: in world units three times the cube's side.
        assert float(at[~meets].min()) >= 0 and float(at[~meets].max()) <= 6
    assert float((empty - occupied).abs().max()) > 0.1


def test_near_the_middle_they_have_an_eighth_of_the_way_as_deviation() -> None:
    config = DvrConfig(occupancy_random_normal=True, n_training_points=4000)
    chosen = choose_pixels((40, 30), config, torch.Generator().manual_seed(0))
    origins, directions = torch.tensor([[0.0, 0, -3]]).expand(1200, 3), torch.tensor([[0.0, 0, 1]]).expand(1200, 3)
    _, occupied = places_on_rays(origins, directions, chosen.chance, config, 1.0)
    assert abs(float(occupied.mean()) - 3) < 0.02 and abs(float(occupied.std()) - 1 / 8) < 0.01


def test_a_share_of_the_patches_begins_about_the_object() -> None:
    inside = torch.zeros(30, 40, dtype=torch.bool)
    inside[12:15, 30:33] = True
    about = rectangle_about(inside)
    assert about == (26, 8, 37, 19) and rectangle_about(~inside & inside) is None
    config = DvrConfig(n_training_points=400, object_share=0.75)
    chosen = choose_pixels((40, 30), config, torch.Generator().manual_seed(0), about)
    columns, rows = chosen.columns[::4], chosen.rows[::4]  # where patches begin
    begins = (columns >= 26) & (columns < 37) & (rows >= 8) & (rows < 19)
    assert begins[:75].all() and {int(column) for column in columns[:75]} == set(range(26, 37))
    assert int(columns[75:].min()) < 4 and float(begins[75:].float().mean()) < 0.4
    anywhere = choose_pixels((40, 30), DvrConfig(n_training_points=400), torch.Generator().manual_seed(0))
    assert torch.equal(columns[75:], anywhere.columns[::4][75:])


def test_patches_about_an_object_in_a_corner_stay_in_the_picture() -> None:
    inside = torch.zeros(9, 8, dtype=torch.bool)
    inside[8, 7] = True
    config = DvrConfig(n_training_points=36, patch_size=6, object_share=1.0)
    for seed in range(20):
        chosen = choose_pixels((8, 9), config, torch.Generator().manual_seed(seed), rectangle_about(inside))
        assert int(chosen.columns.max()) < 8 and int(chosen.rows.max()) < 9
