"""Recordings: the same views from every layout, nothing read before its turn, and what is wrong with a folder."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engines.core.data.dataset import Dataset
from engines.core.data.images import write_png
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.formats.recording_layouts import find_layout
from engines.core.paths.exchange.llff import write_poses_bounds
from tests.engines.core.formats.ball_pictures import ball_cameras, error_px, upright, write_lying
from tests.engines.core.formats.rigs import (
    SIZE_PX,
    grey,
    greys,
    picture,
    refusal,
    rig_camera,
    rig_rows,
    write_backgrounds,
    write_cameras,
    write_steps,
    write_video,
    write_videos,
)

LAYOUTS: dict[str, Callable[[Path], Path]] = {
    "frames": lambda folder: write_steps(folder / "frames").parent,
    "steps": write_steps,
    "cameras": write_cameras,
    "videos": write_videos,
}


def assert_is_the_recording(dataset: Dataset) -> None:
    """Three steps by two cameras, of the greys that say which."""
    views = dataset.views
    assert dataset.format == "recording" and dataset.instances == () and dataset.time_steps == 3
    assert [(view.time, view.camera_index) for view in views] == [(t, c) for t in range(3) for c in range(2)]
    assert views.times.tolist() == [0, 0, 1, 1, 2, 2] and views.camera_indices.tolist() == [0, 1] * 3
    assert [view.name for view in views] == [f"{t:05d}/cam{c:02d}" for t in range(3) for c in range(2)]
    # A video's colours go by way of 8-bit luma.
    np.testing.assert_allclose(greys(views), [grey(t, c) for t in range(3) for c in range(2)], atol=1)
    for view in views:
        expected = rig_camera(view.camera_index or 0).resized(SIZE_PX)
        np.testing.assert_allclose(view.camera.camera_to_world, expected.camera_to_world, atol=1e-12)
        assert (view.camera.focal_px, view.camera.centre_px) == (expected.focal_px, expected.centre_px)
        assert view.camera.size_px == SIZE_PX and view.split == "train" and view.mask_path is None


def test_photographs_that_are_stored_lying(tmp_path: Path) -> None:
    cameras = [upright(camera) for camera in ball_cameras(3)]
    write_poses_bounds(tmp_path / "poses_bounds.npy", cameras, [(1.0, 6.0)] * 3)
    for index, camera in enumerate(cameras):
        for step in range(2):
            write_lying(tmp_path / f"cam{index}" / f"{step}.png", camera)
    views = open_dataset(tmp_path).views
    assert len(views) == 6 and max(error_px(view) for view in views) < 0.05


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_views(tmp_path: Path, layout: str) -> None:
    dataset = open_dataset(LAYOUTS[layout](tmp_path / "recording"))
    assert_is_the_recording(dataset)
    assert dataset.hints == {"near": 1.0, "far": 8.0, "ranges": [[1.0, 8.0]]} and dataset.up.tolist() == [0, -1, 0]
    assert len(dataset.backgrounds) == 0
    there_and_back = pickle.loads(pickle.dumps(dataset.views))
    assert there_and_back[5].name == "00002/cam01" and there_and_back.fingerprint() == dataset.views.fingerprint()
    assert dataset.views.at_time(1).fingerprint() != dataset.views.at_time(2).fingerprint()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("place", ["background", "backgrounds", "bg", "../background"])
def test_backgrounds_go_with_the_cameras(tmp_path: Path, layout: str, place: str) -> None:
    folder = LAYOUTS[layout](tmp_path / "recording")
    write_backgrounds(tmp_path / "recording" / place)
    backgrounds = open_dataset(folder).backgrounds
    assert [(view.camera_index, view.time, view.instance) for view in backgrounds] == [(0, 0, 0), (1, 0, 0)]
    assert greys(backgrounds) == [200, 201] and backgrounds[1].name == "background/cam01"
    np.testing.assert_allclose(backgrounds[1].camera.position, [0.1, 0, 0], atol=1e-12)


def test_backgrounds_have_a_size_of_their_own(tmp_path: Path) -> None:
    write_cameras(tmp_path)
    for index in range(2):
        write_png(tmp_path / "background" / f"cam{index:02d}.png", picture(9, (64, 32)))
    view = open_dataset(tmp_path).backgrounds[0]
    assert view.camera.size_px == (64, 32) and view.image().shape == (32, 64, 3)


def test_the_suffix_of_a_mask_may_be_in_capitals(tmp_path: Path) -> None:
    write_cameras(tmp_path)
    write_png(tmp_path / "masks" / "cam01" / "00000.PNG", picture(255))
    assert [view.mask_path is not None for view in open_dataset(tmp_path).views[:2]] == [False, True]


@pytest.mark.parametrize("layout", ["frames", "cameras", "videos"])
def test_masks_go_by_name(tmp_path: Path, layout: str) -> None:
    folder, mask = LAYOUTS[layout](tmp_path), "00001/001" if layout == "frames" else "cam01/00001"
    pixels = picture(0)
    pixels[:, 16:] = 255
    write_png(folder / "masks" / f"{mask}.png", pixels)
    views = open_dataset(folder).views
    assert [view.mask_path is not None for view in views] == [False, False, False, True, False, False]
    assert views[3].mask().tolist() == (pixels[:, :, 0] > 0).tolist()


def test_the_authors_layout(shared: Path) -> None:
    folder = shared / "golden" / "mask_volume" / "mv160x96" / "data"
    dataset = open_dataset(folder)
    assert dataset.format == "recording" and len(dataset.views) == 30 and dataset.time_steps == 3
    assert dataset.hints == {"near": 1.55, "far": 6.4, "ranges": [[1.55, 6.4]]}
    view = dataset.views[14]
    assert view.image_path == folder / "frames" / "00001" / "images" / "004.png"
    with np.load(folder.parent / "outputs.npz") as authors:
        # They turn the world's z about, for all cameras.
        turned = view.camera.world_to_camera @ np.diag([1, 1, -1, 1])
        np.testing.assert_allclose(turned, authors["src_w2c"][0], atol=1e-6)
        focal, (cx, cy) = authors["src_K"][0, 0, 0], authors["src_K"][0, :2, 2]
        assert view.camera.focal_px == pytest.approx((focal, focal)) and view.camera.centre_px == (cx, cy)
        background = np.moveaxis(authors["src_bg"][0], 0, -1)
    np.testing.assert_allclose(dataset.backgrounds[4].image(), background, atol=1e-6)
    # Prefetcher of all cameras, though their axes, by their error, meet behind.
    assert dataset.bounds.mean(axis=0)[2] == pytest.approx(4.93, abs=0.01)


def test_cameras_are_sorted_as_people_count(tmp_path: Path) -> None:
    write_cameras(tmp_path, 1, ("cam1", "cam2", "cam10"))
    write_backgrounds(tmp_path / "background", ("cam1", "cam2", "cam10"))
    dataset = open_dataset(tmp_path)
    assert greys(dataset.views) == [20, 25, 30] and greys(dataset.backgrounds) == [200, 201, 202]


def test_poses_of_a_step_are_its_own_where_it_has_them(tmp_path: Path) -> None:
    write_steps(tmp_path / "frames")
    (tmp_path / "frames" / "00002" / "poses_bounds.npy").unlink()
    moved = rig_rows(2)
    moved[:, 3] += 7
    np.save(tmp_path / "frames" / "00001" / "poses_bounds.npy", moved)
    shared_rows = rig_rows(2)
    shared_rows[:, 3] += 9
    np.save(tmp_path / "poses_bounds.npy", shared_rows)
    dataset = open_dataset(tmp_path)
    assert [round(view.camera.position[0], 6) for view in dataset.views] == [0, 0.1, 7, 7.1, 9, 9.1]


def test_the_only_folder_of_images_will_do(tmp_path: Path) -> None:
    write_steps(tmp_path / "frames", images="images_32x16")
    assert_is_the_recording(open_dataset(tmp_path))


def test_cameras_may_have_sizes_of_their_own(tmp_path: Path) -> None:
    write_cameras(tmp_path)
    for step in range(3):
        write_png(tmp_path / "cam01" / f"{step:05d}.png", picture(1, (48, 24)))
    write_png(tmp_path / "cam01" / "00002.png", picture(1))
    views = open_dataset(tmp_path).views
    assert [view.camera.size_px for view in views[:2]] == [(32, 16), (48, 24)] and views[1].image().shape == (24, 48, 3)
    with pytest.raises(UserError, match=r"00002\.png: is 32x16, the other images are 48x24"):
        views[5].image()


def test_a_first_picture_that_is_damaged_is_told_when_it_is_read(tmp_path: Path) -> None:
    write_cameras(tmp_path / "cameras")
    write_steps(tmp_path / "steps" / "frames")
    for first in (tmp_path / "cameras" / "cam00" / "00000.png", tmp_path / "steps/frames/00000/images/000.png"):
        first.write_bytes(b"")
    for folder in ("cameras", "steps"):
        views = open_dataset(tmp_path / folder).views
        assert views[0].camera.size_px == SIZE_PX
        assert greys(views[1:]) == [grey(t, c) for t in range(3) for c in range(2)][1:]
        with pytest.raises(UserError, match="can't be read as an image"):
            views[0].image()


def test_cameras_that_were_turned_or_cut_since_are_refused(tmp_path: Path) -> None:
    write_cameras(tmp_path)
    for path in (tmp_path / "cam01").iterdir():
        write_png(path, picture(1, (16, 32)))
    assert refusal(tmp_path).startswith(
        "/poses_bounds.npy: row 1: is of a photograph of 64x32, but the photograph is 16x32; it was turned or cut since"
    )


def test_names_in_capitals_and_steps_without_zeros(tmp_path: Path) -> None:
    assert_is_the_recording(open_dataset(write_cameras(tmp_path / "capitals", 3, ("Cam00", "Cam01"))))
    write_steps(tmp_path / "short" / "frames")
    for step in range(3):
        (tmp_path / "short" / "frames" / f"{step:05d}").rename(tmp_path / "short" / "frames" / str(step))
    assert_is_the_recording(open_dataset(tmp_path / "short"))


def test_videos_of_which_one_was_unpacked(tmp_path: Path) -> None:
    write_videos(tmp_path)
    write_png(tmp_path / "cam00" / "00000.png", picture(1))
    assert_is_the_recording(open_dataset(tmp_path))


def test_several_recordings(tmp_path: Path) -> None:
    write_cameras(tmp_path / "train" / "b")
    write_steps(tmp_path / "train" / "a" / "frames", 2, 3)
    np.save(tmp_path / "train" / "b" / "poses_bounds.npy", rig_rows(2, 0.5, 4.0))
    write_videos(tmp_path / "val" / "a", 1)
    write_cameras(tmp_path / "test" / "c", 1)
    write_backgrounds(tmp_path / "train" / "b" / "background")
    dataset = open_dataset(tmp_path)
    assert dataset.instances == ("train/a", "b", "val/a", "c") and dataset.time_steps == 3
    assert dataset.hints["ranges"] == [[1, 8], [0.5, 4], [1, 8], [1, 8]]
    assert (dataset.hints["near"], dataset.hints["far"]) == (0.5, 8)
    assert [len(dataset.views.of_instance(number)) for number in range(4)] == [6, 6, 2, 2]
    assert [len(dataset.split(name)) for name in ("train", "validation", "test")] == [12, 2, 2]
    view = dataset.views.of_instance(1)[3]
    assert (view.name, view.instance, view.time, view.camera_index) == ("b/00001/cam01", 1, 1, 1)
    assert [(view.name, view.instance) for view in dataset.backgrounds] == [
        ("b/background/cam00", 1),
        ("b/background/cam01", 1),
    ]
    assert greys(dataset.backgrounds) == [200, 201]
    assert len({view.name for view in dataset.views}) == 16
    assert len(open_dataset(tmp_path / "train").instances) == 2


def test_one_split_alone_is_a_recording_of_that_split(tmp_path: Path) -> None:
    write_cameras(tmp_path / "train")
    write_cameras(tmp_path / "test", 1)
    dataset = open_dataset(tmp_path)
    assert dataset.instances == ("train", "test") and len(dataset.split("test")) == 2


def test_of_a_rig_whole_cameras_are_held_out(tmp_path: Path) -> None:
    write_cameras(tmp_path, 2, ("cam0", "cam1", "cam2", "cam3"))
    held = open_dataset(tmp_path).with_held_out(2)
    assert held.split("validation").camera_indices.tolist() == [1, 3, 1, 3]


def test_another_recording_one_folder_up_lends_no_backgrounds(tmp_path: Path) -> None:
    write_backgrounds(tmp_path / "background", ("a", "b", "c"))
    assert len(open_dataset(write_cameras(tmp_path / "recording")).backgrounds) == 0


def test_nothing_but_names_and_first_headers_is_read(tmp_path: Path) -> None:
    write_steps(tmp_path / "frames")
    (tmp_path / "frames" / "00001" / "poses_bounds.npy").write_bytes(b"")
    (tmp_path / "frames" / "00002" / "images" / "001.png").write_bytes(b"")
    views = open_dataset(tmp_path).views
    with pytest.raises(UserError, match=r"00001/poses_bounds\.npy: can't be read as numbers"):
        _ = views[2]
    np.save(tmp_path / "frames" / "00001" / "poses_bounds.npy", rig_rows(2))
    assert views[2].time == 1
    with pytest.raises(UserError, match=r"001\.png: can't be read as an image"):
        views[5].image()


def test_a_recording_that_changed_is_told(tmp_path: Path) -> None:
    views = pickle.loads(pickle.dumps(open_dataset(write_cameras(tmp_path)).views))
    for camera in ("cam00", "cam01"):
        (tmp_path / camera / "00002.png").unlink()
    with pytest.raises(UserError, match="has other views than when it was opened"):
        _ = views[0]
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    with pytest.raises(UserError, match="holds no steps, camera folders or videos of a recording"):
        find_layout(tmp_path)


def test_what_is_wrong_with_steps_is_named(tmp_path: Path) -> None:
    write_steps(tmp_path / "frames")
    (tmp_path / "frames" / "00001" / "images" / "001.png").unlink()
    assert refusal(tmp_path) == (
        "/frames/00001/images: holds 1 images, the first step's has 2; each step needs one image of each camera"
    )
    shutil.rmtree(tmp_path / "frames" / "00001" / "images")
    assert refusal(tmp_path) == "/frames/00001: has no images/ in it, as the first step has"
    shutil.rmtree(tmp_path / "frames" / "00000" / "images")
    assert refusal(tmp_path).startswith("/frames/00000: has no images/ in it, nor images_4/")
    (tmp_path / "frames" / "00000" / "images").mkdir()
    assert refusal(tmp_path) == "/frames/00000/images: holds no images; each camera needs one"
    shutil.rmtree(tmp_path / "frames")
    (tmp_path / "frames").mkdir()
    np.save(tmp_path / "poses_bounds.npy", rig_rows(2))
    assert refusal(tmp_path).startswith(
        "/frames: has no steps in it; each time step needs its folder 00000, 00001, ..."
    )


def test_what_is_wrong_with_poses_is_named(tmp_path: Path) -> None:
    write_steps(tmp_path / "frames")
    path = tmp_path / "frames" / "00000" / "poses_bounds.npy"
    np.save(path, rig_rows(3))
    assert refusal(tmp_path) == (
        "/frames/00000/poses_bounds.npy: has 3 rows, but there are 2 cameras; each camera needs its row"
    )
    np.save(path, rig_rows(2)[:, :15])
    assert "poses_bounds.npy: an array of 2x15; needs a row of 17" in refusal(tmp_path)
    np.save(path, rig_rows(2, 8.0, 8.0))
    assert "poses_bounds.npy: row 0 has depths from 8 to 8; must be 0 < near < far" in refusal(tmp_path)
    bent = rig_rows(2)
    bent[1, :3] = 3
    np.save(path, bent)
    assert "poses_bounds.npy: row 1: camera_to_world is not a rotation" in refusal(tmp_path)
    path.unlink()
    assert refusal(tmp_path).startswith(
        "/poses_bounds.npy: missing; needs a row of 17 numbers for each image or camera"
    )


@pytest.mark.parametrize("layout", ["cameras", "videos"])
def test_poses_that_are_missing_are_told_where_there_is_a_rig(tmp_path: Path, layout: str) -> None:
    folder = LAYOUTS[layout](tmp_path)
    (folder / "poses_bounds.npy").unlink()
    assert refusal(folder).startswith("/poses_bounds.npy: missing")


def test_what_is_wrong_with_cameras_is_named(tmp_path: Path) -> None:
    write_cameras(tmp_path)
    (tmp_path / "cam01" / "00001.png").unlink()
    assert refusal(tmp_path) == ": cam00 has 3 frames but cam01 has 2; cut them to the same length"
    for image in (tmp_path / "cam01").iterdir():
        image.unlink()
    assert refusal(tmp_path) == ": cam00 has 3 frames but cam01 has 0; cut them to the same length"
    for image in (tmp_path / "cam00").iterdir():
        image.unlink()
    assert refusal(tmp_path) == "/cam00: holds no images; each camera needs one for each step"
    write_png(tmp_path / "cam00" / "0.png", picture(0, (8, 8)))
    write_png(tmp_path / "cam01" / "0.png", picture(0))
    assert refusal(tmp_path) == "/cam00/0.png: is 8x8; photographs need at least 11 pixels a side"


def test_frames_of_a_video_may_be_asked_for_in_any_order(tmp_path: Path) -> None:
    views = open_dataset(write_videos(tmp_path)).views
    order = [5, 0, 3, 1, 4, 4, 2]
    np.testing.assert_allclose(greys([views[index] for index in order]), [grey(*divmod(i, 2)) for i in order], atol=1)


def test_what_is_wrong_with_videos_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write_videos(tmp_path)
    write_video(tmp_path / "cam01.mp4", [picture(0)] * 5)
    assert refusal(tmp_path) == ": cam00.mp4 has 3 frames but cam01.mp4 has 5; cut them to the same length"
    write_video(tmp_path / "cam01.mp4", [picture(0, (8, 8))] * 3)
    assert refusal(tmp_path) == "/cam01.mp4: is 8x8; photographs need at least 11 pixels a side"
    (tmp_path / "cam01.mp4").write_bytes(b"no video")
    assert refusal(tmp_path) == "/cam01.mp4: can't be read as a video; it may be damaged"
    assert capfd.readouterr() == ("", "")


def test_backgrounds_and_masks_that_do_not_fit_are_named(tmp_path: Path) -> None:
    write_cameras(tmp_path)
    write_backgrounds(tmp_path / "background", ("a", "b", "c"))
    assert refusal(tmp_path) == "/background: 3 backgrounds but 2 cameras; needs one for each camera"
    shutil.rmtree(tmp_path / "background")
    (tmp_path / "masks" / "other").mkdir(parents=True)
    assert refusal(tmp_path) == "/masks: has no folder named like those of the pictures (cam00, ...); name them so"


def test_a_background_beside_frames_must_fit_when_frames_is_opened(tmp_path: Path) -> None:
    write_steps(tmp_path / "frames")
    write_backgrounds(tmp_path / "background", ("a",))
    with pytest.raises(UserError, match="background: 1 backgrounds but 2 cameras"):
        open_dataset(tmp_path / "frames")
