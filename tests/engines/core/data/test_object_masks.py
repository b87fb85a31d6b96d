"""An object before a camera that stands still: what is outside its masks is laid over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.training.beginning import begin
from app.training.loop import Report, run_training
from app.viewing.opening import open_scene
from engines.core.camera import Array
from engines.core.data.dataset import Dataset
from engines.core.data.images import read_image, to_uint8, write_png
from engines.core.data.object_masks import as_learnt, is_turntable, laid_over, settled
from engines.core.data.views import View, Views
from engines.core.device import choose_device
from engines.core.engine import never_stop
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.storage.run_folder import read_run_config
from engines.registry import find_engine
from tests.app.posed_photographs import write_capture

SIZE_PX = (48, 40)
TINY = {"max_steps": 1}


def object_mask() -> Array:
    """[H, W] bool"""
    mask = np.zeros(SIZE_PX[::-1], dtype=bool)
    mask[8:32, 12:36] = True
    return mask


def capture(folder: Path, room: str, count: int = 8) -> Dataset:
    """Spots seen from all around, before a room that stands still before the camera, turns with it, or is grey."""
    write_capture(folder, count, SIZE_PX)
    views = []
    for view in open_dataset(folder).views:
        assert view.image_path is not None
        number = int(view.name) if room == "turning" else 0
        random = np.random.default_rng(number)
        spots = random.integers(0, 256, (SIZE_PX[1] // 8, SIZE_PX[0] // 8, 3), dtype=np.uint8)
        behind = np.kron(spots, np.ones((8, 8, 1), dtype=np.uint8)) if room != "grey" else np.uint8(90)
        image = np.where(object_mask()[..., None], to_uint8(read_image(view.image_path)), behind)
        write_png(view.image_path, image.astype(np.uint8))
        write_png(folder / f"{view.name}.mask.png", np.where(object_mask(), 255, 0).astype(np.uint8))
        views.append(replace(view, mask_path=folder / f"{view.name}.mask.png"))
    return replace(open_dataset(folder), views=Views.of(views))


def test_a_turntable_is_told_by_a_room_that_does_not_turn(tmp_path: Path) -> None:
    found = {room: settled(capture(tmp_path / room, room), "auto") for room in ("still", "turning", "grey")}
    # A grey that is everywhere the same contradicts no pose.
    assert found == {"still": "white", "turning": "kept", "grey": "kept"}


def test_cameras_that_look_alike_are_no_turntable(tmp_path: Path) -> None:
    views = capture(tmp_path / "a", "still").views
    assert is_turntable(views)
    alike = [replace(view, camera=views[0].camera) for view in views]
    assert not is_turntable(Views.of(alike)) and not is_turntable(Views.of(list(views)[:2]))


@pytest.mark.parametrize(("colour", "value"), [("white", 1.0), ("black", 0.0)])
def test_everything_outside_is_one_colour_and_the_object_stays(tmp_path: Path, colour: str, value: float) -> None:
    dataset = capture(tmp_path / "a", "still")
    over = laid_over(dataset, colour)
    before, after = dataset.views[1].image(), over.views[1].image()
    assert (after[~object_mask()] == value).all() and np.array_equal(after[object_mask()], before[object_mask()])
    assert f"laid over with {colour}" in over.notes[-1] and over.views.fingerprint() == dataset.views.fingerprint()
    assert over.views[1].square_image(20).shape == (20, 20, 3)
    assert laid_over(dataset, "kept") is dataset and as_learnt(dataset, {}) is dataset


def test_a_colour_needs_masks_of_an_object(tmp_path: Path) -> None:
    dataset = open_dataset(write_capture(tmp_path / "a", 4, SIZE_PX))
    assert settled(dataset, "auto") == "kept"
    with pytest.raises(UserError, match="outside_masks=white, but its photographs have neither masks of an object"):
        settled(dataset, "white")
    views = [replace(view, mask_path=tmp_path, time=index) for index, view in enumerate(dataset.views)]
    with pytest.raises(UserError, match="its masks say what moves"):
        settled(replace(dataset, views=Views.of(views)), "black")


def test_transparency_is_a_mask_too(tmp_path: Path) -> None:
    folder = write_capture(tmp_path / "a", 4, SIZE_PX)
    for view in open_dataset(folder).views:
        assert view.image_path is not None
        alpha = np.where(object_mask(), 255, 0).astype(np.uint8)
        pixels = np.concatenate([to_uint8(read_image(view.image_path)), alpha[..., None]], axis=-1)
        Image.fromarray(pixels).save(view.image_path)
    dataset = open_dataset(folder)
    assert settled(dataset, "black") == "black" and settled(dataset, "auto") == "kept"
    white, black = dataset.views[0].image(), laid_over(dataset, "black").views[0].image()
    assert (white[~object_mask()] == 1).all() and (black[~object_mask()] == 0).all()
    assert np.array_equal(white[object_mask()], black[object_mask()])


def test_a_training_settles_it_and_says_so(tmp_path: Path) -> None:
    dataset, cpu = capture(tmp_path / "a", "still"), choose_device("cpu")
    begun = begin(
        find_engine("colour_grid"), dataset, tmp_path / "run", {**TINY, "held_out_every": 4}, cpu, resume=False
    )
    begun.training.close()
    assert begun.config.outside_masks == "white" and any("laid over with white" in note for note in begun.dataset.notes)
    assert all((view.image()[~object_mask()] == 1).all() for view in begun.dataset.views)


def write_dvr(folder: Path, dataset: Dataset) -> Path:
    """The same in DVR's layout, whose masks are objects'."""
    (folder / "image").mkdir(parents=True)
    (folder / "mask").mkdir()
    cameras = dict[str, Array]()
    for index, view in enumerate(dataset.views):
        (fx, fy), (cx, cy) = view.camera.focal_px, view.camera.centre_px
        lens = np.array([[fx, 0, cx, 0], [0, fy, cy, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
        cameras |= {f"world_mat_{index}": lens @ view.camera.world_to_camera, f"scale_mat_{index}": np.eye(4)}
        write_png(folder / "image" / f"{index:03d}.png", to_uint8(view.image()))
        write_png(folder / "mask" / f"{index:03d}.png", np.where(view.mask(), 255, 0).astype(np.uint8))
    np.savez(folder / "cameras.npz", allow_pickle=False, **cameras)
    return folder


def test_from_the_folder_to_the_open_scene(tmp_path: Path) -> None:
    folder, told = write_dvr(tmp_path / "dvr", capture(tmp_path / "a", "still")), list[str]()

    def hear(now: Report) -> None:
        told.extend(now.notes)

    for resume, steps in ((False, 1), (True, 2)):
        settings = {**TINY, "max_steps": steps} if not resume else {"max_steps": steps}
        out = tmp_path / "run"
        run_training("colour_grid", folder, out, settings, "cpu", resume, hear, never_stop)
    assert sum("laid over with white" in note for note in told) == 2
    assert read_run_config(tmp_path / "run")["config"]["outside_masks"] == "white"
    opened = open_scene(tmp_path / "run", folder, "cpu")
    assert opened.dataset is not None
    view: View = opened.dataset.views[0]
    assert (view.image()[~view.mask()] == 1).all() and not view.mask().all()
