"""Depth maps and points that are known: where they are in a step, and what they are compared with."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from app.synthetic.dvr_sample import dvr_sample
from app.synthetic.raytracer import draw
from engines.core.data.dataset import Dataset
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.dvr.cube import Cube
from tests.engines import dividing
from tests.engines.dvr.learning import SMALL, begun
from tests.two_ranks import TwoRanks

BOTH = {"lambda_depth": 1.0, "lambda_sparse_depth": 0.5}


@pytest.fixture(scope="module")
def deep_folder(car_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The car with depth maps, those of a hull that is a tenth nearer, and points of which each camera sees some."""
    folder = tmp_path_factory.mktemp("deep") / "car"
    shutil.copytree(car_folder, folder)
    for name in ("depth", "visual_hull_depth"):
        (folder / name).mkdir()
    points, seen = list[np.ndarray](), list[np.ndarray]()
    for number, shot in enumerate(dvr_sample(3, 48, views=12).shots):
        depth = draw(shot.scene, shot.camera, 1).depth
        np.save(folder / "depth" / f"{number:03d}.npy", depth)
        np.save(folder / "visual_hull_depth" / f"{number:03d}.npy", depth - 0.1)
        rows, columns = np.nonzero(np.isfinite(depth))
        at = depth[rows, columns][::9]
        flat = (np.stack([columns, rows], axis=1)[::9] + 0.5 - shot.camera.centre_px) / shot.camera.focal_px
        in_camera = np.concatenate([flat, np.ones((len(flat), 1))], axis=1) * at[:, None]
        seen.append(np.arange(len(at)) + sum(map(len, points)))
        points.append(in_camera @ shot.camera.camera_to_world[:3, :3].T + shot.camera.position)
    visible = {f"visibility_{number:04d}": indices for number, indices in enumerate(seen)}
    np.savez(folder / "pcl.npz", allow_pickle=False, points=np.concatenate(points), **visible)
    return folder


@pytest.fixture
def deep(deep_folder: Path) -> Dataset:
    return open_dataset(deep_folder)


def test_known_depths_say_where_something_is(deep: Dataset) -> None:
    batch = begun(deep, lambda_depth=1.0).objective.read(0)
    known = batch.depths.isfinite()
    # But for pixels at the edge, whose depth is that of their middle.
    assert float((known == batch.inside).float().mean()) > 0.95
    assert torch.equal(batch.occupied_at[known], batch.depths[known])
    hull = begun(deep, depth_from_visual_hull=True).objective.read(0)
    torch.testing.assert_close(hull.occupied_at[known], batch.depths[known] - 0.1)
    assert not begun(deep).objective.read(0).depths.isfinite().any()


def test_points_are_where_their_rays_say(deep: Dataset) -> None:
    batch = begun(deep, lambda_sparse_depth=1.0, batch_size=2).objective.read(0)
    points = batch.points
    assert points is not None and sum(points.counts) == len(points.known_at) > 40
    places = points.origins + points.known_at[:, None] * points.directions
    all_points = torch.from_numpy(np.load(deep.source / "pcl.npz")["points"]).float()
    assert float(torch.cdist(places, all_points).amin(dim=1).max()) < 1e-4


def test_what_is_known_is_compared_in_sides_of_the_cube(deep: Dataset) -> None:
    training = begun(deep, **BOTH, cube_centre=(0, 0, 0), cube_side=0.8)
    objective = training.objective
    for name in ("decoder.fc_out.bias",):
        assert name in dict(objective.network.named_parameters())
    with torch.no_grad():
        # A field that is a wall: what is beyond x = 0.1 is occupied.
        for parameter in objective.network.parameters():
            parameter.zero_()
        objective.network.decoder.fc_p.weight[0, 0] = 1.0
        objective.network.decoder.fc_p.bias[0] = 5.0
        objective.network.decoder.fc_out.weight[0, 0] = 10.0
        objective.network.decoder.fc_out.bias[0] = -51.0
    batch = objective.read(0)
    found = objective.losses(batch)
    assert batch.points is not None
    for name, origins, directions, known, counts in (
        ("depth", batch.origins, batch.directions, batch.depths, batch.inside & batch.depths.isfinite()),
        ("sparse_depth", batch.points.origins, batch.points.directions, batch.points.known_at, None),
    ):
        wall = (0.1 - origins[:, 0]) / directions[:, 0]
        place = origins + wall[:, None] * directions
        hit = (directions[:, 0] > 0) & (place.abs().amax(dim=1) < 0.55) & (origins[:, 0] < 0.1)
        # Of rays that begin beyond the wall the camera's own place counts.
        inside = _begins_beyond(origins, directions)
        wall = torch.where(hit, wall, 0.0)
        chosen = (hit | inside) if counts is None else (hit | inside) & counts
        expected = float(((wall - known).abs() * directions.norm(dim=1))[chosen].sum()) * BOTH[f"lambda_{name}"]
        assert float(found[name].detach()) == pytest.approx(expected, rel=1e-3)
    assert objective.cube == Cube((0.0, 0.0, 0.0), 0.8)


def _begins_beyond(origins: torch.Tensor, directions: torch.Tensor) -> torch.Tensor:
    """Whether a ray enters the padded cube, or its range beside it, beyond the wall."""
    from engines.dvr.marching import RaySampling, sample_distances

    first = sample_distances(origins, directions, RaySampling(2, unseen=(0.0, 2.4 * 0.8)))[:, 0]
    return (origins + first[:, None] * directions)[:, 0] >= 0.1


def test_they_are_learnt(deep: Dataset) -> None:
    training = begun(deep, **BOTH, max_steps=5)
    losses = [training.step() for _ in range(5)]
    assert {"depth", "sparse_depth"} < set(losses[0])


def test_two_ranks_learn_from_them_what_one_process_does(
    deep_folder: Path, two_ranks: TwoRanks, tmp_path: Path
) -> None:
    dividing.assert_equal_learning("dvr", deep_folder, {**SMALL, **BOTH}, 1, tmp_path, two_ranks)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"lambda_depth": 1.0}, r"lambda_depth=1 needs depth maps \(depth/\), and there are none"),
        ({"lambda_sparse_depth": 1.0}, "lambda_sparse_depth=1 needs points that each photograph is known to see"),
    ],
)
def test_what_is_asked_for_and_not_there_is_named(car: Dataset, settings: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        begun(car, **settings)


def test_a_map_of_another_shape_is_named(deep_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(deep_folder, tmp_path / "car")
    np.save(tmp_path / "car" / "depth" / "000.npy", np.ones((48, 20), dtype=np.float32))
    training = begun(open_dataset(tmp_path / "car"), lambda_depth=1.0)
    with pytest.raises(UserError, match=r"depth/000\.npy: is 20x48, its photograph is 48x48"):
        for _ in range(12):
            training.step()
