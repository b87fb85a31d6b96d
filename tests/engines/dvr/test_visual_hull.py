"""The hull that silhouettes leave of a ball, and where rays enter it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from engines.core.data.dataset import Dataset
from engines.dvr.config import DvrConfig
from engines.dvr.cube import Cube
from engines.dvr.visual_hull import CELLS, VisualHulls, carve, entries
from tests.engines.core.data.test_subject_box import CENTRE, RADIUS, ball
from tests.engines.dvr.learning import CLASS, begun


def test_a_ball_is_left_of_its_silhouettes(tmp_path: Path) -> None:
    cube = Cube(tuple(CENTRE), 4 * RADIUS)
    hull = carve(tuple(ball(tmp_path, transparent=False).views), cube, DvrConfig())
    along = (torch.arange(CELLS) + 0.5) / CELLS - 0.5
    away = torch.stack(torch.meshgrid(along, along, along, indexing="ij"), dim=-1).norm(dim=-1)
    # A cell is added on each side, and no camera stands above or below it.
    assert hull[away < 0.25].all() and float(hull.float().mean()) < 1.7 * float((away < 0.25).float().mean())


def test_rays_enter_it_at_its_surface() -> None:
    along = (torch.arange(CELLS) + 0.5) / CELLS - 0.5
    hull = torch.stack(torch.meshgrid(along, along, along, indexing="ij"), dim=-1).norm(dim=-1) < 0.3
    origins = torch.tensor([[0.0, 0, -3], [0.0, 0.4, -3], [0.0, 5, -3]])
    found = entries(hull, origins, torch.tensor([[0.0, 0, 2]]).expand(3, 3))
    assert abs(float(found[0]) - 1.35) < 0.02 and found[1:].tolist() == [torch.inf, torch.inf]


def test_rays_within_the_mask_become_occupied_where_they_enter_it(car: Dataset) -> None:
    batch = begun(car, depth_from_visual_hull=True).objective.read(0)
    known = batch.depths.isfinite()
    assert known[batch.inside].float().mean() > 0.98 and torch.equal(batch.occupied_at[known], batch.depths[known])


def test_each_object_of_a_class_has_its_own(cars: Dataset) -> None:
    batch = begun(cars, **CLASS, depth_from_visual_hull=True).objective.read(0)
    assert batch.depths.isfinite()[batch.inside].float().mean() > 0.95
    views = cars.split("train").photographed
    hulls = VisualHulls(views, Cube((0.0, 0.0, 0.0), 2.0), DvrConfig())
    first, second = (hulls.of_instance(int(number)) for number in np.unique(views.instances)[:2])
    assert first is not None and second is not None and not torch.equal(first, second)
    assert hulls.of_instance(int(views.instances[0])) is first
