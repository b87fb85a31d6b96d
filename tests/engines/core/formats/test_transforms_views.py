"""Photographs that EXIF turns, masks, depths, and what else lies beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from engines.core.data.images import write_png
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from tests.engines.core.formats.transforms_folders import frames, noted, opened, photograph, write_json

PORTRAIT = {"fl_x": 30.0, "fl_y": 30.0, "cx": 8.0, "cy": 12.0, "w": 16, "h": 24}
LANDSCAPE = {"fl_x": 30.0, "fl_y": 30.0, "cx": 12.0, "cy": 8.0, "w": 24, "h": 16}


def save(path: Path, orientation: int, shown_px: tuple[int, int] = (16, 24)) -> np.ndarray[Any, Any]:
    """A stored photograph that is (width, height) when it is shown; gives it as Pillow shows it."""
    width, height = shown_px if orientation < 5 else shown_px[::-1]
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.random.default_rng(orientation).integers(0, 256, (height, width, 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(stored).save(path, exif=exif)
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image))


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("factor", [1, 2])
def test_photographs_are_turned_where_the_stated_size_is_of_turned_ones(
    tmp_path: Path, orientation: int, factor: int
) -> None:
    shown = save(tmp_path / "a.png", orientation)
    lens = {name: factor * value for name, value in PORTRAIT.items()}
    dataset = open_dataset(write_json(tmp_path, {**lens, "frames": frames(["a.png"])}))
    view = dataset.views[0]
    assert (
        view.camera.size_px == (16, 24)
        and view.camera.focal_px == (30.0, 30.0)
        and view.camera.centre_px == (8.0, 12.0)
    )
    np.testing.assert_allclose(view.image(), shown / 255, atol=1e-6)
    assert noted(dataset, "1 photographs are turned as their EXIF says")


def test_half_turns_keep_the_shape_and_follow_the_others(tmp_path: Path) -> None:
    """A phone is also held upside down; a program that turned one photograph turned all."""
    shown = [save(tmp_path / f"{orientation}.png", orientation) for orientation in (1, 3, 6)]
    names = ["1.png", "3.png", "6.png"]
    dataset = open_dataset(write_json(tmp_path, {**PORTRAIT, "frames": frames(names)}))
    assert [view.turned for view in dataset.views] == [1, 3, 6]
    for view, pixels in zip(dataset.views, shown, strict=True):
        np.testing.assert_allclose(view.image(), pixels / 255, atol=1e-6)
    # Of one that looks at no EXIF all stay as they are stored.
    photograph(tmp_path / "stored" / "1.png")
    for orientation in (3, 6):
        save(tmp_path / "stored" / f"{orientation}.png", orientation, (24, 16) if orientation < 5 else (16, 24))
    stored = open_dataset(write_json(tmp_path / "stored", {**LANDSCAPE, "frames": frames(names)}))
    assert [view.turned for view in stored.views] == [1, 1, 1] and not noted(stored, "are turned as")


def test_a_photograph_that_was_turned_without_exif_is_refused(tmp_path: Path) -> None:
    for orientation in (1, 3):
        save(tmp_path / "a.png", orientation, (24, 16))
        with pytest.raises(UserError, match=r"a\.png\): is of a photograph of 16x24, but the photograph is 24x16"):
            open_dataset(write_json(tmp_path, {**PORTRAIT, "frames": frames(["a.png"])}))


def with_beside(folder: Path, **named: str) -> dict[str, Any]:
    """A file of two frames, each with `named` files of its own."""
    listed = frames(["images/a.png", "images/b.png"])
    for frame in listed:
        stem = Path(frame["file_path"]).stem
        frame |= {field: name.format(stem) for field, name in named.items()}
        for name in named.values():
            photograph(folder / name.format(stem).replace("\\", "/"), 255, (24, 16))
    return {**LANDSCAPE, "frames": listed}


@pytest.mark.parametrize("name", ["masks/{}.png", "./masks/{}.png", "masks\\{}.png", "images/{}_mask.png"])
def test_masks_say_what_is_not_learnt_from(tmp_path: Path, name: str) -> None:
    dataset = opened(tmp_path, with_beside(tmp_path, mask_path=name))
    pixels = np.full((16, 24), 255, dtype=np.uint8)
    pixels[:, :12] = 0
    write_png(tmp_path / name.format("b").replace("\\", "/"), pixels)
    first, second = (view.valid_mask() for view in dataset.views)
    assert first is not None and first.all() and dataset.notes == ()
    assert second is not None and np.array_equal(second, pixels > 0)
    # No silhouette of an object.
    assert all(view.mask_path is None for view in dataset.views)


def test_one_mask_for_all(tmp_path: Path) -> None:
    photograph(tmp_path / "mask.png", 255)
    dataset = opened(tmp_path, {**LANDSCAPE, "mask_path": "mask.png", "frames": frames(["a.png", "b.png"])})
    assert [view.valid_mask_path for view in dataset.views] == [tmp_path / "mask.png"] * 2


def test_depths_of_nerfstudio_are_millimetres(tmp_path: Path) -> None:
    dataset = opened(tmp_path, with_beside(tmp_path, depth_file_path="depth/{}.png"))
    assert [view.depth_path for view in dataset.views] == [tmp_path / "depth" / f"{stem}.png" for stem in "ab"]
    assert dataset.hints["depth_step"] == 0.001 and dataset.notes == ()


@pytest.mark.parametrize(
    ("more", "step"),
    [
        ({"integer_depth_scale": 0.002}, 0.002),
        ({"integer_depth_scale": 0.002, "enable_depth_loading": True}, 0.002),
        ({"integer_depth_scale": 0.002, "enable_depth_loading": False}, None),
        ({}, None),
    ],
)
def test_depths_of_instant_ngp_have_a_stated_scale(tmp_path: Path, more: dict[str, Any], step: float | None) -> None:
    dataset = opened(tmp_path, with_beside(tmp_path, depth_path="depth/{}.png") | more)
    assert dataset.hints.get("depth_step") == step
    assert [view.depth_path is not None for view in dataset.views] == [step is not None] * 2


def test_masks_that_are_no_names_are_refused(tmp_path: Path) -> None:
    listed = frames(["a.png"])
    listed[0]["mask_path"] = 5
    with pytest.raises(UserError, match=r"frame 0 \(a\.png\): mask_path is 5; must be the name of a file"):
        opened(tmp_path, {**LANDSCAPE, "frames": listed})


def test_what_instant_ngp_reads_beside_photographs_is_said_or_refused(tmp_path: Path) -> None:
    data = {**LANDSCAPE, "frames": frames(["images/a.png", "images/b.png"])}
    opened(tmp_path, data)
    photograph(tmp_path / "images" / "dynamic_mask_a.png")
    photograph(tmp_path / "images" / "b.png.alpha.png")
    dataset = open_dataset(tmp_path)
    assert noted(dataset, "1 files dynamic_mask_*.png beside the photographs are not used")
    assert noted(dataset, "1 files *.alpha.png beside the photographs are not used")
    (tmp_path / "images" / "rays_b.dat").touch()
    with pytest.raises(
        UserError, match=r"frame 1 \(images/b\.png\): rays_b\.dat beside the photograph gives each pixel"
    ):
        open_dataset(tmp_path)
    assert len(open_dataset(write_json(tmp_path, data | {"enable_ray_loading": False})).views) == 2


def test_names_of_views_stay_apart(tmp_path: Path) -> None:
    dataset = opened(tmp_path, {**LANDSCAPE, "frames": frames(["a.png", "a.jpg", "left/a.png"])})
    assert sorted(view.name for view in dataset.views) == ["a.jpg", "a.png", "left/a"]
