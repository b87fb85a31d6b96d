"""Where the grid stands, of captures whose folder says nothing of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engines.core.bounds import bounds_between, bounds_seen
from engines.core.camera import Array, Camera, look_at
from engines.core.data.dataset import Dataset
from engines.core.data.images import write_png
from engines.core.data.views import View, Views
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.deepvoxels.config import DeepVoxelsConfig, DeepVoxelsOptions
from engines.deepvoxels.engine import ENGINE, DeepVoxelsEngine
from engines.deepvoxels.geometry import GridPlacement, frustum_samples
from engines.deepvoxels.placement import PlacedGrid, place_grid, rays_met, where

CENTRE = np.array([4.0, 1.0, 5.0])
UP = np.array([0.0, -1, 0])
RADIUS = 0.8


def cameras(count: int = 24, span_deg: float = 120.0) -> list[Camera]:
    """On an arc of radius 8 about `CENTRE`, far from the world's origin."""
    found = []
    for angle in np.radians(np.linspace(-span_deg / 2, span_deg / 2, count)):
        eye = CENTRE + 8 * np.array([np.sin(angle), -0.3, -np.cos(angle)])
        found.append(Camera(look_at(eye, CENTRE, UP), (100.0, 100.0), (48.0, 36.0), (96, 72)))
    return found


def capture(folder: Path, hints: dict[str, object] | None = None, points: Array | None = None) -> Dataset:
    views = Views.of([View(camera, f"{at}", image_path=folder / f"{at}.png") for at, camera in enumerate(cameras())])
    depths = (5.0, 60.0)
    hints = {"near": depths[0], "far": depths[1]} if hints is None else hints
    box = bounds_between(cameras(), *depths)
    return Dataset(views, folder, "example", box, UP, hints, points=np.empty((0, 3)) if points is None else points)


def placed(dataset: Dataset, **options: object) -> PlacedGrid:
    return place_grid(DeepVoxelsConfig(**options), dataset, tuple(dataset.views))


def object_rays_met(placement: GridPlacement) -> float:
    """The share of the rays to points of the ball that meet the grid, by the authors' own samples."""
    shares = []
    for camera in cameras()[::4]:
        samples = frustum_samples(camera.square().resized((128, 128)), placement, 32, torch.device("cpu"))
        met = np.zeros(64 * 64, dtype=bool)
        met[samples.index.numpy() % 4096] = True
        rows, columns = np.mgrid[:64, :64] + 0.5
        radius = RADIUS / 8 * camera.focal_px[0] / 72 * 64
        ball = np.hypot(rows - 32, columns - 32) < radius
        shares.append(met.reshape(64, 64)[ball].mean())
    return float(np.mean(shares))


def test_grid_of_a_capture_that_states_none_is_where_the_cameras_look(tmp_path: Path) -> None:
    # Before, at the origin.
    assert object_rays_met(GridPlacement()) == 0 and rays_met(GridPlacement(), cameras()) < 0.02
    for dataset in (capture(tmp_path), replace(capture(tmp_path, {}), bounds=bounds_seen(cameras()))):
        found = placed(dataset)
        assert np.linalg.norm(np.array(found.placement.centre) - CENTRE) < 0.2 and not found.stated
        assert object_rays_met(found.placement) > 0.99 and found.share > 0.99 and not found.doubt
        assert found.notes == (f"{where(found.placement)}, {found.found}",)


def test_points_that_most_cameras_see_are_what_the_grid_is_about(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    ball = random.normal(size=(1500, 3))
    ball = CENTRE + RADIUS * ball / np.linalg.norm(ball, axis=1, keepdims=True)
    behind = CENTRE + random.uniform(-60, 60, (1500, 3)) * [1, 1, 1] + [0, 0, 70]
    found = placed(capture(tmp_path, points=np.concatenate([ball, behind])))
    assert "points" in found.found
    assert np.linalg.norm(np.array(found.placement.centre) - CENTRE) < 1
    assert object_rays_met(found.placement) > 0.99


def test_silhouettes_say_where_the_object_is(tmp_path: Path) -> None:
    """The ball stands beside where the cameras look."""
    aside, views = CENTRE + np.array([0.7, -0.3, 0.4]), []
    for at, camera in enumerate(cameras()):
        rows, columns = np.mgrid[:72, :96] + 0.5
        rays = np.stack([(columns - 48) / 100, (rows - 36) / 100, np.ones_like(rows)], axis=-1)
        rays /= np.linalg.norm(rays, axis=-1, keepdims=True)
        to_ball = (aside - camera.position) @ camera.camera_to_world[:3, :3]
        along = rays @ to_ball
        mask = np.linalg.norm(to_ball - along[..., None] * rays, axis=-1) < RADIUS
        write_png(tmp_path / f"mask{at}.png", (255 * mask).astype(np.uint8))
        views.append(View(camera, f"{at}", image_path=tmp_path / f"{at}.png", mask_path=tmp_path / f"mask{at}.png"))
    found = placed(replace(capture(tmp_path), views=Views.of(views)))
    assert "silhouettes" in found.found
    # 120 degrees leave it deeper than it is.
    assert np.linalg.norm(np.array(found.placement.centre) - aside) < 0.5
    low, high = found.placement.bounds()
    assert (low < aside - RADIUS).all() and (high > aside + RADIUS).all() and found.placement.scale < 4


def test_options_choose_each_part(tmp_path: Path) -> None:
    found = placed(capture(tmp_path), grid_barycenter=(4.0, 1.5, 5.0), scale=2.0)
    assert found.placement.centre == (4.0, 1.5, 5.0) and found.placement.scale == 2
    assert 5 < found.placement.near_plane < 7
    assert placed(capture(tmp_path), near_plane=3.0).placement.near_plane == 3
    whole = placed(capture(tmp_path), grid_barycenter=(4.0, 1.0, 5.0), scale=2.0, near_plane=6.5)
    assert whole.found == "as the options say"


def test_grid_that_few_rays_meet_is_doubted_and_one_of_none_refused(tmp_path: Path) -> None:
    few = placed(capture(tmp_path), scale=0.9)
    assert 0.02 < few.share < 0.5 and "of the rays" in few.doubt and few.doubt in few.notes
    with pytest.raises(UserError, match=r"no camera sees the voxel grid .* set scale and near_plane, or grid_bary"):
        placed(capture(tmp_path), grid_barycenter=(0.0, 0.0, 0.0), scale=0.5)


def test_folder_that_states_its_grid_is_believed(tmp_path: Path) -> None:
    hints: dict[str, object] = {"grid_barycenter": [4.1, 1.0, 5.0], "scale": 3.0, "near_plane": 5.5}
    found = placed(capture(tmp_path, hints))
    assert found.stated and not found.notes
    assert found.placement == GridPlacement((4.1, 1.0, 5.0), 3.0, 5.5)


def test_method_tells_the_box_that_it_fills(tmp_path: Path) -> None:
    dataset = capture(tmp_path)
    box = DeepVoxelsEngine().box(dataset, DeepVoxelsConfig(scale=3.0))
    assert box is not None
    assert np.ptp(box.bounds, axis=0) == pytest.approx(3) and "grid of side 3 about" in box.text and not box.doubt
    assert DeepVoxelsEngine().box(replace(dataset, views=dataset.views[:1]), DeepVoxelsConfig()) is None


def test_box_is_the_same_wherever_the_scene_is_opened(tmp_path: Path) -> None:
    dataset = capture(tmp_path)
    for view in dataset.views:
        assert view.image_path is not None
        write_png(view.image_path, np.full((72, 96, 3), 90, dtype=np.uint8))
    config = DeepVoxelsConfig(img_sidelength=128, grid_dim=8, num_grid_feats=4, nf0=2, num_trgt=1)
    told = DeepVoxelsEngine().box(dataset, config)
    assert told is not None
    training = ENGINE.train(dataset, config, torch.device("cpu"), 0)
    made = training.checkpoint()
    drawn = [
        training.scene(),
        ENGINE.open(made, torch.device("cpu"), None, DeepVoxelsOptions()),
        ENGINE.open(made, torch.device("cpu"), dataset, DeepVoxelsOptions()),
    ]
    for scene in drawn:
        assert np.array_equal(scene.bounds, told.bounds)
    moved = ENGINE.open(made, torch.device("cpu"), dataset, DeepVoxelsOptions(grid_barycenter=(1.0, 2.0, 3.0)))
    assert moved.bounds.mean(axis=0) == pytest.approx([1, 2, 3])


def test_real_captures_have_their_middle_in_the_grid(shared: Path) -> None:
    for name in ("juicebox_llff", "fox", "dtu_scan65_skull"):
        dataset = open_dataset(shared / "data" / name)
        found = placed(dataset)
        assert found.share > 0.95 and not found.doubt, name
