"""DVR's data folder: one object of DTU, a class as in its ShapeNet, and IDR's without `camera_mat`."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.core.camera import Camera, project
from engines.core.data.images import write_png
from engines.core.data.views import SPLITS
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.paths.path_files import read_path
from tests.engines.core.examples import camera_ring
from tests.engines.core.formats.ball_pictures import ball_cameras, ball_picture, error_px

SCALE = np.array([[2.0, 0, 0, 30], [0, 2.0, 0, -40], [0, 0, 2.0, 50], [0, 0, 0, 1]])
"""The measured world is twice as large, and elsewhere."""


def matrices(cameras: tuple[Camera, ...], scale: Any = SCALE, skew: float = 0.0) -> dict[str, Any]:
    """As DVR's file has them, of cameras in the scaled world; the lens is in `world_mat`, as for DTU."""
    written = {}
    for index, camera in enumerate(cameras):
        (fx, fy), (cx, cy), (width, height) = camera.focal_px, camera.centre_px, camera.size_px
        lens = np.eye(4)
        lens[:3, :3] = np.array([[fx, skew, cx], [0, fy, cy], [0, 0, 1]])
        written[f"world_mat_{index}"] = lens @ camera.world_to_camera @ np.linalg.inv(scale)
        written[f"scale_mat_{index}"] = scale
        written[f"camera_mat_{index}"] = np.array(
            [[2 / width, 0, -1, 0], [0, 2 / height, -1, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
        )
    return written


def write(folder: Path, count: int = 4, masks: bool = True, **changes: Any) -> Path:
    """An object; its photographs are half as large as the lens says."""
    for index in range(count):
        write_png(folder / "image" / f"{index:06d}.png", np.full((12, 16, 3), 10 * index, dtype=np.uint8))
        if masks:
            write_png(folder / "mask" / f"{index:03d}.png", np.full((12, 16), 255 * (index % 2), dtype=np.uint8))
    np.savez(folder / "cameras.npz", **{**matrices(camera_ring(count)), **changes})
    return folder


def same(camera: Camera, other: Camera) -> bool:
    """Up to the rounding of a decomposition."""
    pairs = ((getattr(camera, name), getattr(other, name)) for name in ("camera_to_world", "focal_px", "centre_px"))
    return all(np.allclose(*pair, atol=1e-9) for pair in pairs) and camera.size_px == other.size_px


def test_the_world_is_the_scaled_one(tmp_path: Path) -> None:
    dataset = open_dataset(write(tmp_path))
    assert dataset.format == "dvr" and dataset.notes == () and dataset.instances == ()
    assert np.array_equal(dataset.bounds, [[-0.5] * 3, [0.5] * 3]) and np.array_equal(dataset.up, [0, 0, 1])
    for index, (view, camera) in enumerate(zip(dataset.views, camera_ring(4), strict=True)):
        assert same(view.camera, camera.resized((16, 12))) and view.name == f"{index:06d}"
        assert round(float(view.image().mean()) * 255) == 10 * index and view.mask().all() == bool(index % 2)
    # As a path the file means the same cameras.
    for view, camera in zip(dataset.views, read_path(tmp_path / "cameras.npz", dataset.views[0].camera), strict=True):
        assert same(view.camera, camera)


def test_scale_mat_leads_to_the_measured_world(tmp_path: Path) -> None:
    write(tmp_path)
    dataset = open_dataset(tmp_path)
    written, camera = np.load(tmp_path / "cameras.npz"), dataset.views[1].camera
    point = np.array([0.1, 0.2, -0.3, 1.0])
    at = written["camera_mat_1"] @ written["world_mat_1"] @ (np.array(dataset.hints["scale_mat"]) @ point)
    # (-1, -1) is the top left corner of the photograph.
    pixel = (at[:2] / at[2] + 1) / 2 * np.array([16, 12])
    assert np.allclose(project(camera, point[None, :3])[0][0], pixel)


def test_without_camera_mat_it_is_in_pixels_and_fills_a_sphere(tmp_path: Path) -> None:
    cameras = tuple(camera.resized((16, 12)) for camera in camera_ring(3))
    write(tmp_path, 3, masks=False)
    kept = {name: value for name, value in matrices(cameras).items() if not name.startswith("camera_mat")}
    np.savez(tmp_path / "cameras.npz", **kept)
    dataset = open_dataset(tmp_path)
    # (0, 0) is the middle of the first pixel there.
    for view, camera in zip(dataset.views, cameras, strict=True):
        x, y = camera.centre_px
        assert same(view.camera, replace(camera, centre_px=(x + 0.5, y + 0.5)))
    assert np.array_equal(dataset.bounds, [[-1] * 3, [1] * 3]) and dataset.views[0].mask_path is None


def write_balls(folder: Path, name: str, camera_mat: bool) -> Path:
    """As NeuS's script for one's own photographs: `world_mat` projects, `camera_mat` is the lens in pixels."""
    content = {}
    for index, camera in enumerate(ball_cameras(8)):
        write_png(folder / "image" / f"{index:03d}.png", ball_picture(camera))
        write_png(folder / "mask" / f"{index:03d}.png", np.full((72, 96), 255, dtype=np.uint8))
        lens = np.eye(4)
        lens[:3, :3] = np.array([[90, 0, 47.5], [0, 90, 35.5], [0, 0, 1]])
        content[f"world_mat_{index}"] = (lens @ camera.world_to_camera).astype(np.float32)
        content[f"scale_mat_{index}"] = np.eye(4, dtype=np.float32)
        if camera_mat:
            content[f"camera_mat_{index}"] = lens.astype(np.float32)
    np.savez(folder / name, allow_pickle=False, **content)
    return folder


@pytest.mark.parametrize("name", ["cameras.npz", "cameras_sphere.npz", "cameras_large.npz"])
@pytest.mark.parametrize("camera_mat", [True, False])
def test_pixels_of_neus(tmp_path: Path, name: str, camera_mat: bool) -> None:
    dataset = open_dataset(write_balls(tmp_path, name, camera_mat))
    assert dataset.format == "dvr" and len(dataset.views) == 8 and all(view.mask_path for view in dataset.views)
    assert np.array_equal(dataset.bounds, [[-1] * 3, [1] * 3])
    assert max(error_px(view) for view in dataset.views) < 0.05
    camera = dataset.views[0].camera
    assert camera.focal_px == pytest.approx((90, 90), abs=1e-3) and camera.centre_px == pytest.approx(
        (48, 36), abs=1e-3
    )
    # Numbers of numpy would make float64 of the tensors that they meet.
    assert {type(number) for number in (*camera.focal_px, *camera.centre_px)} == {float}
    for view, of_path in zip(dataset.views, read_path(tmp_path / name, camera), strict=True):
        assert same(view.camera, of_path)


@pytest.mark.parametrize("with_camera", [True, False])
def test_a_lens_that_took_no_such_picture_is_refused(tmp_path: Path, with_camera: bool) -> None:
    """`world_mat` is the pose alone, and `camera_mat` in pixels: neither program's meaning."""
    write_balls(tmp_path, "cameras.npz", with_camera)
    content = dict(np.load(tmp_path / "cameras.npz"))
    for index, camera in enumerate(ball_cameras(8)):
        content[f"world_mat_{index}"] = camera.world_to_camera
    np.savez(tmp_path / "cameras.npz", **content)
    with pytest.raises(UserError, match=r"world_mat_0: makes no lens that took a picture of 96x72"):
        open_dataset(tmp_path)
    with pytest.raises(UserError, match=r"world_mat_0: makes no lens that took a picture of 96x72"):
        read_path(tmp_path / "cameras.npz", ball_cameras(1)[0])


def write_category(folder: Path, lists: str = "softras_{}.lst") -> Path:
    for index, name in enumerate(("obj0", "obj1", "obj2", "obj3")):
        write(folder / name, 2 + index)
    for split, names in (("train", "obj0\nobj1\n"), ("val", "obj2\n\n"), ("test", "obj3/\n")):
        if lists:
            (folder / lists.format(split)).write_text(names)
    return folder


@pytest.mark.parametrize("lists", ["softras_{}.lst", "{}.lst", "gen_{}.lst"])
def test_lists_of_names_say_which_objects_to_learn_from(tmp_path: Path, lists: str) -> None:
    dataset = open_dataset(write_category(tmp_path, lists))
    assert [len(dataset.split(split)) for split in SPLITS] == [5, 4, 5] and dataset.notes == ()
    assert dataset.instances == ("obj0", "obj1", "obj2", "obj3")


def test_objects_in_no_list_are_counted(tmp_path: Path) -> None:
    write_category(tmp_path)
    write(tmp_path / "obj9")
    dataset = open_dataset(tmp_path)
    assert "obj9" not in dataset.instances
    lists = "softras_test.lst, softras_train.lst, softras_val.lst"
    assert dataset.notes == (f"1 of 5 objects are in no list ({lists}) and are left out, such as obj9",)


def test_of_a_class_cameras_without_photographs_are_counted(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, 4, masks=False)
    (tmp_path / "b" / "image" / "000002.png").unlink()
    dataset = open_dataset(tmp_path)
    assert len(dataset.views) == 7
    assert dataset.notes == ("1 cameras of 1 objects have no photograph and are left out, as in b",)


def test_without_lists_all_are_learnt_from(tmp_path: Path) -> None:
    assert len(open_dataset(write_category(tmp_path, "")).split("train")) == 14


def test_a_folder_of_categories(tmp_path: Path) -> None:
    write_category(tmp_path / "02958343")
    write_category(tmp_path / "03001627")
    dataset = open_dataset(tmp_path)
    assert [len(dataset.split(split)) for split in SPLITS] == [10, 8, 10]
    assert dataset.instances[:3] == ("02958343/obj0", "02958343/obj1", "03001627/obj0")


def test_a_class_is_a_folder_for_each_object(tmp_path: Path) -> None:
    for split, names in (("train", ("cup", "jug")), ("val", ("pot",))):
        for name in names:
            write(tmp_path / split / name, 2)
    dataset = open_dataset(tmp_path)
    assert dataset.instances == ("cup", "jug", "pot")
    assert [len(dataset.split(name)) for name in ("train", "validation")] == [4, 2]
    assert [view.name for view in dataset.views.of_instance(1)] == ["jug/000000", "jug/000001"]
    # Workers that read photographs get it by pickling.
    view = pickle.loads(pickle.dumps(dataset.views))[3]
    assert view.instance == 1 and same(view.camera, camera_ring(2)[1].resized((16, 12)))


def test_photographs_that_are_missing_leave_their_cameras_out(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "image" / "000001.png").unlink()
    (tmp_path / "mask" / "002.png").unlink()
    dataset = open_dataset(tmp_path)
    assert dataset.notes == ("1 of 4 cameras have no photograph and are left out, such as 1",)
    assert same(dataset.views[1].camera, camera_ring(4)[2].resized((16, 12)))
    assert [view.mask_path is None for view in dataset.views] == [False, True, False]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"world_mat_1": np.eye(3)}, r"world_mat_1 is float64 of \(3, 3\); needs numbers, 4 x 4"),
        ({"camera_mat_1": np.full((4, 4), np.nan)}, "camera_mat_1 has a number that is not finite"),
        ({"world_mat_1": np.zeros((4, 4))}, "world_mat_1: is no projection"),
        (
            {"world_mat_1": matrices(camera_ring(4), skew=1.0)["world_mat_1"]},
            "world_mat_1: its pixels are skewed, by 0",
        ),
    ],
)
def test_a_matrix_that_is_no_camera_is_named(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    write(tmp_path, **changes)
    with pytest.raises(UserError, match=said):
        [view.camera for view in open_dataset(tmp_path).views]


def test_what_does_not_fit_together_is_said(tmp_path: Path) -> None:
    write(tmp_path)
    write_png(tmp_path / "image" / "extra.png", np.zeros((12, 16, 3), dtype=np.uint8))
    with pytest.raises(UserError, match=r"5 images but 4 cameras in cameras\.npz"):
        open_dataset(tmp_path)
    (tmp_path / "cameras.npz").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(UserError, match=r"can't be read as \.npz"):
        open_dataset(tmp_path)
    np.savez(tmp_path / "cameras.npz", poses=np.eye(4))
    with pytest.raises(UserError, match="holds no world_mat_0"):
        open_dataset(tmp_path)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (("world_mat_2",), r"there is no camera of image/000002\.png: cameras\.npz lacks world_mat_2; put it in"),
        (("world_mat_0",), r"no camera of image/000000\.png: cameras\.npz lacks world_mat_0"),
        (("world_mat_1", "world_mat_2"), r"image/000001\.png: cameras\.npz lacks world_mat_1, and 1 more"),
        (("camera_mat_1",), r"cameras\.npz: lacks camera_mat_1, and has camera_mat_0; each camera needs its own"),
        (("scale_mat_0",), r"cameras\.npz: lacks scale_mat_0, and has scale_mat_1"),
    ],
)
def test_a_matrix_that_is_missing_is_named(tmp_path: Path, missing: tuple[str, ...], said: str) -> None:
    write(tmp_path)
    kept = {name: matrix for name, matrix in matrices(camera_ring(4)).items() if name not in missing}
    np.savez(tmp_path / "cameras.npz", **kept)
    with pytest.raises(UserError, match=said):
        [view.camera for view in open_dataset(tmp_path).views]


def test_as_many_cameras_as_photographs_but_of_other_numbers_is_no_match(tmp_path: Path) -> None:
    write(tmp_path, 3)
    kept = {name: matrix for name, matrix in matrices(camera_ring(4)).items() if not name.endswith("_1")}
    np.savez(tmp_path / "cameras.npz", **kept)
    with pytest.raises(UserError, match=r"no camera of image/000001\.png: cameras\.npz lacks world_mat_1"):
        open_dataset(tmp_path)


def test_dtu_scan65_is_where_opencv_has_it(shared: Path) -> None:
    folder = shared / "data" / "dtu_scan65_skull"
    dataset, truth = open_dataset(folder), np.load(folder / "cams_opencv.npz")
    assert len(dataset.views) == 49 and all(view.mask_path is not None for view in dataset.views)
    to_millimetres = np.array(dataset.hints["scale_mat"])
    for view, pose, lens in zip(dataset.views, truth["c2w"], truth["K"], strict=True):
        measured = to_millimetres @ np.append(view.camera.position, 1)
        # The file has float32 numbers: of a metre, a tenth of a micrometre.
        assert np.allclose(measured[:3], pose[:3, 3], atol=1e-3)
        assert np.allclose(view.camera.camera_to_world[:3, :3], pose[:3, :3], atol=1e-6)
        found = [*view.camera.focal_px, *view.camera.centre_px]
        assert np.allclose(found, [lens[0, 0], lens[1, 1], lens[0, 2], lens[1, 2]], atol=1e-3)


def test_a_photograph_that_is_missing_is_seen_in_the_numbers(tmp_path: Path) -> None:
    write_balls(tmp_path, "cameras.npz", camera_mat=False)
    for path in sorted((tmp_path / "image").iterdir()):
        path.rename(path.with_stem(f"rect_{path.stem}_max"))
    (tmp_path / "image" / "rect_003_max.png").unlink()
    dataset = open_dataset(tmp_path)
    assert len(dataset.views) == 7 and max(error_px(view) for view in dataset.views) < 0.05
    (tmp_path / "image" / "rect_000_max.png").unlink()
    # They may be counted from 1.
    with pytest.raises(UserError, match="6 images but 8 cameras"):
        open_dataset(tmp_path)


@pytest.mark.parametrize(("images", "masks"), [("images", "mask"), ("image", "masks"), ("images", "masks")])
def test_folders_that_are_called_otherwise(tmp_path: Path, images: str, masks: str) -> None:
    write(tmp_path)
    expected = [(view.name, view.mask().mean()) for view in open_dataset(tmp_path).views]
    (tmp_path / "image").rename(tmp_path / "renamed")
    (tmp_path / "renamed").rename(tmp_path / images)
    (tmp_path / "mask").rename(tmp_path / "renamed")
    (tmp_path / "renamed").rename(tmp_path / masks)
    dataset = open_dataset(tmp_path)
    assert dataset.format == "dvr" and dataset.notes == ()
    assert [(view.name, view.mask().mean()) for view in dataset.views] == expected


@pytest.mark.parametrize(("first", "doubtful"), [(0, False), (1, True), (2, False)])
def test_photographs_that_may_be_counted_from_one_are_doubtful(tmp_path: Path, first: int, doubtful: bool) -> None:
    write(tmp_path, count=5, masks=False)
    for index in range(5):
        (tmp_path / "image" / f"{index:06d}.png").unlink()
    kept = [number for number in range(first, 5) if number != 3 or doubtful]
    for number in kept:
        write_png(tmp_path / "image" / f"{number:06d}.png", np.full((12, 16, 3), number, dtype=np.uint8))
    if len(kept) == 5:
        (tmp_path / "image" / "000004.png").unlink()
        kept.pop()
    dataset = open_dataset(tmp_path)
    cameras = camera_ring(5)
    places = [view.camera.position for view in dataset.views]
    assert np.allclose(places, [cameras[number].position for number in kept], atol=1e-9)
    said = " ".join(dataset.notes)
    assert ("doubtful" in said and "000001.png is taken as of world_mat_1" in said) == doubtful


def test_of_a_class_what_is_doubtful_is_said_by_its_name(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write(tmp_path / name, masks=False)
    for name in ("b", "c"):
        (tmp_path / name / "image" / "000000.png").unlink()
    lacking, doubtful = open_dataset(tmp_path).notes
    assert lacking == "2 cameras of 2 objects have no photograph and are left out, as in b"
    assert doubtful.startswith("b: doubtful: in image/") and doubtful.endswith(", and so of 1 more")


def test_depths_of_the_matrices_are_world_units_of_the_scaled_world(tmp_path: Path) -> None:
    """As the authors put them into `inv(scale_mat) inv(world_mat) inv(camera_mat)`."""
    folder = write(tmp_path)
    (folder / "depth").mkdir()
    (folder / "visual_hull_depth").mkdir()
    written = matrices(camera_ring(4))
    depths = np.random.default_rng(0).uniform(3, 5, (12, 16)).astype(np.float32)
    for index in range(4):
        np.save(folder / "depth" / f"{index:03d}.npy", depths)
    np.save(folder / "visual_hull_depth" / "000.npy", depths)
    views = open_dataset(folder).views
    assert [view.hull_depth_path is not None for view in views] == [True, False, False, False]
    view, matrix = views[1], np.linalg.inv(written["camera_mat_1"] @ written["world_mat_1"] @ SCALE)
    found = view.depth()
    for row, column in ((0, 0), (7, 11)):
        x, y = (2 * column + 1) / 16 - 1, (2 * row + 1) / 12 - 1
        depth = depths[row, column]
        point = (matrix @ [x * depth, y * depth, depth, 1])[:3]
        pixel, along = project(view.camera, point[None])
        np.testing.assert_allclose(pixel[0], [column + 0.5, row + 0.5], atol=1e-6)
        np.testing.assert_allclose(found[row, column], along[0], rtol=1e-6)


def test_points_that_a_camera_sees_are_in_the_scaled_world(tmp_path: Path) -> None:
    folder, points = write(tmp_path), np.random.default_rng(1).uniform(-0.4, 0.4, (6, 3))
    measured = points @ SCALE[:3, :3].T + SCALE[:3, 3]
    hull = np.array([1, 1, 0, 1, 1, 1], dtype=bool)
    seen = {"visibility_0000": np.array([0, 2, 5]), "visibility_0001": np.array([1, 0, 0, 1, 0, 0], dtype=bool)}
    np.savez(folder / "pcl.npz", allow_pickle=False, points=measured, colors=points, is_in_visual_hull=hull, **seen)
    views = open_dataset(folder).views
    assert views[0].seen_points is not None and views[1].seen_points is not None and views[2].seen_points is not None
    np.testing.assert_allclose(views[0].seen_points.read(), points[[0, 5]], atol=1e-9)
    np.testing.assert_allclose(views[1].seen_points.read(), points[[0, 3]], atol=1e-9)
    with pytest.raises(UserError, match=r"pcl\.npz: holds no visibility_0002"):
        views[2].seen_points.read()
    np.savez(folder / "pcl.npz", points=measured, visibility_0000=np.array([99]))
    with pytest.raises(UserError, match=r"pcl\.npz: its points and visibility_0000 don't go together"):
        views[0].seen_points.read()


def test_a_singular_scale_is_one_line(tmp_path: Path) -> None:
    folder = write(tmp_path, scale_mat_2=np.diag([2.0, 0, 2, 1]))
    with pytest.raises(UserError, match=r"cameras\.npz: scale_mat_2 is singular"):
        open_dataset(folder)
