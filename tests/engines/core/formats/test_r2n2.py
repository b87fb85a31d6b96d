"""3D-R2N2's renderings: cameras against a derivation of another's, and what is wrong with a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines.core.data.images import write_png
from engines.core.errors import UserError
from engines.core.formats import open_dataset


def write_object(folder: Path, lines: str = "0 0 0 1 25\n90 30 0 0.5 25\n", images: int = 2) -> None:
    folder.mkdir(parents=True)
    (folder / "rendering_metadata.txt").write_text(lines)
    for index in range(images):
        write_png(folder / f"{index:02d}.png", np.zeros((137, 137, 3), dtype=np.uint8), {})


def test_cameras_equal_another_derivation(shared: Path) -> None:
    folder = shared / "data" / "r2n2_shapenet7"
    dataset = open_dataset(folder)
    assert dataset.instances == ("airplane", "bench", "car", "chair", "lamp", "rifle", "vessel")
    for number, name in enumerate(dataset.instances):
        cameras = [view.camera for view in dataset.views if view.instance == number]
        with np.load(folder / name / "cams_opencv.npz") as expected:
            np.testing.assert_allclose([c.camera_to_world for c in cameras], expected["c2w"], atol=1e-5)
            np.testing.assert_allclose([c.focal_px[0] for c in cameras], expected["K"][:, 0, 0])
            np.testing.assert_allclose([c.centre_px[0] for c in cameras], expected["K"][:, 0, 2])


def test_transparency_is_laid_over_white(shared: Path) -> None:
    dataset = open_dataset(shared / "data" / "r2n2_shapenet7" / "car")
    assert dataset.instances == () and len(dataset.views) == 24
    assert (dataset.views[0].image()[0, 0] == 1).all()


def test_the_published_layout(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_object(tmp_path / name / "rendering")
    dataset = open_dataset(tmp_path)
    assert dataset.format == "r2n2" and dataset.instances == ("a", "b")
    assert [view.name for view in dataset.views] == ["a/00", "a/01", "b/00", "b/01"]
    assert dataset.views[0].camera.position == pytest.approx([1.75, 0, 0])
    np.testing.assert_allclose(dataset.views[1].camera.position, 0.875 * np.array([0, 0.5, np.sqrt(0.75)]), atol=1e-12)


def test_a_rendering_that_is_missing(tmp_path: Path) -> None:
    write_object(tmp_path / "a", "0 0 0 1 25\n90 0 0 1 25\n180 0 0 1 25\n", 3)
    (tmp_path / "a" / "01.png").unlink()
    for listed in (False, True):
        if listed:
            (tmp_path / "a" / "renderings.txt").write_text("00.png\n01.png\n02.png\n")
        dataset = open_dataset(tmp_path)
        assert [view.name for view in dataset.views] == ["a/00", "a/02"]
        assert dataset.views[1].camera.position == pytest.approx([-1.75, 0, 0])
        assert dataset.notes == ("1 of 3 photographs are not there and are left out, such as 01",)


def test_names_are_sorted_as_people_count(tmp_path: Path) -> None:
    write_object(tmp_path / "a", "".join(f"{10 * index} 0 0 1 25\n" for index in range(12)), 12)
    for index in range(10):
        (tmp_path / "a" / f"{index:02d}.png").rename(tmp_path / "a" / f"{index}.png")
    position = open_dataset(tmp_path / "a").views[2].camera.position
    assert position == pytest.approx(1.75 * np.array([np.cos(np.pi / 9), 0, np.sin(np.pi / 9)]))


def test_a_folder_of_classes_with_lists(tmp_path: Path) -> None:
    for name in ("02691156/a", "02691156/b", "02958343/a"):
        write_object(tmp_path / name / "rendering")
    (tmp_path / "02691156" / "test.lst").write_text("b\n")
    dataset = open_dataset(tmp_path)
    assert dataset.instances == ("02691156/a", "02958343/a", "02691156/b")
    assert [view.split for view in dataset.views] == ["train"] * 4 + ["test"] * 2


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("0 0 0 1 25\n", "1 lines in rendering_metadata.txt but 2 images"),
        ("", "0 lines"),
        ("0 0 0 1 25\n0 x 0 1\n", "line 2 must hold azimuth"),
        ("0 0 0 1 25\n0 0\n", "line 2 must hold azimuth"),
        ("0 0 0 nan 25\n0 0 0 1\n", "line 1 must hold azimuth"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, lines: str, message: str) -> None:
    write_object(tmp_path / "car", lines)
    with pytest.raises(UserError, match=message):
        open_dataset(tmp_path / "car")


def test_a_rendering_that_is_missing_of_names_without_a_zero(tmp_path: Path) -> None:
    write_object(tmp_path / "a", "".join(f"{30 * line} 0 0 1 25\n" for line in range(12)), 12)
    for index in range(10):
        (tmp_path / "a" / f"{index:02d}.png").rename(tmp_path / "a" / f"{index}.png")
    (tmp_path / "a" / "3.png").unlink()
    views = open_dataset(tmp_path).views
    assert [view.name for view in views] == [f"a/{index}" for index in range(12) if index != 3]
    # 1.75 times the distance, at 30 degrees a line.
    angle = np.radians(30 * 4)
    assert views[3].camera.position == pytest.approx([1.75 * np.cos(angle), 0, 1.75 * np.sin(angle)])
