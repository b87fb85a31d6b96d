"""Views of data folders with the cameras of their undistorted photographs."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engines.core.camera import Array, Camera, look_at, project
from engines.core.data.dataset import Dataset
from engines.core.data.images import to_uint8, write_png
from engines.core.data.pinholes import with_pinholes
from engines.core.data.undistortion import undistorted
from engines.core.data.views import View, Views
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.learning.metrics import psnr

SIZE_PX = (96, 72)
SPOTS = np.array([[0.0, 0, 0], [0, 0, 0.45], [0, 0, -0.45], [0.2, 0.8, 0.2], [-0.2, -0.8, -0.1]])
GREY = 128 / 255


def camera_at(angle: float) -> Camera:
    eye = np.array([3 * np.cos(angle), 3 * np.sin(angle), 1.0])
    return Camera(look_at(eye, np.zeros(3), np.array([0, 0, 1.0])), (90.0, 90.0), (48.0, 36.0), SIZE_PX)


def distorted(camera: Camera, points: Array, k1: float) -> Array:
    """[N, 2] where a lens with k1 sees them, by the formula."""
    pixels, _ = project(camera, points)
    plane = (pixels - camera.centre_px) / camera.focal_px
    return np.asarray(
        plane * (1 + k1 * (plane**2).sum(axis=1, keepdims=True)) * camera.focal_px + np.array(camera.centre_px)
    )


def photograph(camera: Camera, k1: float) -> Array:
    """[H, W, 3] bright spots on grey."""
    columns, rows = np.meshgrid(np.arange(SIZE_PX[0]) + 0.5, np.arange(SIZE_PX[1]) + 0.5)
    image = np.full((SIZE_PX[1], SIZE_PX[0]), GREY)
    for u, v in distorted(camera, SPOTS, k1):
        image += 0.5 * np.exp(-((columns - u) ** 2 + (rows - v) ** 2) / 3)
    return np.repeat(to_uint8(image)[:, :, None], 3, axis=2)


def write(folder: Path, lenses: list[dict[str, float]], **more: Any) -> Path:
    """A transforms.json with a frame for each lens's distortion."""
    (folder / "images").mkdir(parents=True)
    frames = []
    for index, lens in enumerate(lenses):
        camera = camera_at(0.2 * index)
        write_png(folder / "images" / f"{index}.png", photograph(camera, lens.get("k1", 0.0)))
        pose = camera.camera_to_world * [1, -1, -1, 1]
        frames.append({"file_path": f"images/{index}.png", "transform_matrix": pose.tolist(), **lens})
    intrinsics = {"fl_x": 90, "fl_y": 90, "cx": 48, "cy": 36, "w": SIZE_PX[0], "h": SIZE_PX[1]}
    (folder / "transforms.json").write_text(json.dumps({**intrinsics, "frames": frames, **more}))
    return folder


def spots_off_px(view: View) -> Array:
    """[N] how far each spot is from where the camera projects it."""
    image, (pixels, _) = view.image()[:, :, 0] - GREY, project(view.camera, SPOTS)
    columns, rows = np.meshgrid(np.arange(image.shape[1]) + 0.5, np.arange(image.shape[0]) + 0.5)
    offs = []
    for u, v in pixels:
        near = np.where(np.hypot(columns - u, rows - v) < 6, image, 0)
        offs.append(np.hypot((near * columns).sum() / near.sum() - u, (near * rows).sum() / near.sum() - v))
    return np.array(offs)


def test_photographs_are_cropped_to_what_the_lens_saw_and_still_fit_their_cameras(tmp_path: Path) -> None:
    dataset = open_dataset(write(tmp_path / "a", [{"k1": 0.15}] * 4))
    for view in dataset.views:
        image = view.image()
        assert view.camera.size_px == (90, 68) == image.shape[1::-1] and view.valid_mask() is None
        assert image.min() > 0.99 * GREY
        assert np.median(spots_off_px(view)) < 0.1 and spots_off_px(view).max() < 0.2
    assert any("96x72 to 90x68" in note for note in dataset.notes)


def test_a_right_picture_is_not_scored_down(tmp_path: Path) -> None:
    """What a perfect pinhole of the view's camera takes scores high; black rims kept it at 25 dB."""
    view = open_dataset(write(tmp_path / "a", [{"k1": 0.15}])).views[0]
    perfect = photograph(view.camera.cropped(-3, -2, *SIZE_PX), 0.0)[2:70, 3:93] / np.float32(255)
    assert psnr(torch.from_numpy(perfect), torch.from_numpy(view.image())) > 45


def test_lenses_that_differ_little_give_photographs_of_one_size(tmp_path: Path) -> None:
    views = open_dataset(write(tmp_path / "a", [{"k1": 0.14}, {"k1": 0.15}, {}])).views
    assert {view.camera.size_px for view in views} == {(90, 68)}
    assert [view.image().shape for view in views] == [(68, 90, 3)] * 3
    assert max(spots_off_px(view).max() for view in views) < 0.2


def test_lenses_that_differ_much_keep_a_size_each(tmp_path: Path) -> None:
    views = open_dataset(write(tmp_path / "a", [{"k1": 1.0}, {}])).views
    assert [view.camera.size_px for view in views] == [(74, 56), SIZE_PX]


def test_masks_are_undistorted_and_cropped_as_the_photograph_is(tmp_path: Path) -> None:
    dataset = open_dataset(write(tmp_path / "a", [{"k1": 0.15}]))
    # All columns whose distorted place is left of 60, and a valid mask of the rest.
    mask = np.zeros((72, 96), dtype=np.uint8)
    mask[:, :60] = 255
    write_png(tmp_path / "mask.png", mask)
    write_png(tmp_path / "valid.png", 255 - mask)
    view = replace(dataset.views[0], mask_path=tmp_path / "mask.png", valid_mask_path=tmp_path / "valid.png")
    found, valid = view.mask(), view.valid_mask()
    assert valid is not None and found.shape == valid.shape == (68, 90)
    row, columns = 34, np.arange(90) + 3 + 0.5
    plane = (columns - 48) / 90
    source = 48 + 90 * plane * (1 + 0.15 * (plane**2 + ((34 + 2.5 - 36) / 90) ** 2))
    assert np.array_equal(found[row], source <= 60) and np.array_equal(valid[row], source >= 60.5)


def test_a_strong_lens_keeps_its_photograph_with_a_mask_and_says_so(tmp_path: Path) -> None:
    dataset = open_dataset(write(tmp_path / "a", [{"k1": -2.0}]))
    view = dataset.views[0]
    valid, image = view.valid_mask(), view.image()
    assert view.camera.size_px == SIZE_PX and valid is not None and valid.shape == (72, 96)
    assert 0.4 < valid.mean() < 0.9 and (image[~valid] == 0).all() and (image[valid] > 0.4).all()
    assert any("1 of 1 lenses distort so strongly" in note for note in dataset.notes)


def test_an_impossible_lens_is_refused_by_name(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", [{"k1": 1e6}])
    with pytest.raises(UserError, match=r"0\.png: its lens's distortion \(k1 1e\+06\) leaves 0%"):
        open_dataset(folder)


def test_a_rig_keeps_one_size_and_its_backgrounds_do(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", photograph(camera_at(0), 0.15))

    def taken(side: int, time: int) -> View:
        distortion = (0.15, 0.0, 0.0, 0.0) if side else ()
        return View(camera_at(0), f"{side}{time}", "train", tmp_path / "a.png", (), time, side, distortion=distortion)

    views = Views.of([taken(side, time) for time in range(2) for side in range(2)])
    backgrounds = Views.of([taken(side, 0) for side in range(2)])
    up, bounds = np.array([0, 0, 1.0]), np.stack([-np.ones(3), np.ones(3)])
    opened = with_pinholes(Dataset(views, tmp_path, "rig", bounds, up, backgrounds=backgrounds))
    kept = pickle.loads(pickle.dumps(opened.views))
    for view in (*kept, *opened.backgrounds):
        assert view.camera.size_px == (90, 68) and view.image().shape == (68, 90, 3)
    assert np.array_equal(kept[0].image(), views[0].image()[2:70, 3:93])
    assert kept.fingerprint() == views.fingerprint()


def test_views_without_distortion_stay_as_they_are(tmp_path: Path) -> None:
    dataset = open_dataset(write(tmp_path / "a", [{}, {}]))
    assert all(view.camera.size_px == SIZE_PX and view.lens is None for view in dataset.views)
    assert not dataset.notes


def test_the_fox_is_free_of_black(shared: Path) -> None:
    dataset = open_dataset(shared / "data" / "fox")
    assert {view.camera.size_px for view in dataset.views} == {(284, 507)}
    view = dataset.views[0]
    assert view.valid_mask() is None and view.image().shape == (507, 284, 3)
    assert view.lens is not None and view.lens.size_px == (288, 512)
    # Through the same lens, a photograph of white paper is white to the corners.
    assert undistorted(np.ones((512, 288, 3), np.float32), view.lens, (2, 3, 284, 507)).min() > 0.999
