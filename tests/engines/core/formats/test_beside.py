"""What lies beside photographs: poses and masks under other names, and lists of what to train on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engines.core.data.images import write_png
from engines.core.formats import open_dataset
from engines.core.paths.path_files import read_path
from tests.engines.core.examples import write_part


@pytest.mark.parametrize("suffix", [".TXT", ".Txt"])
def test_poses_in_capitals(tmp_path: Path, suffix: str) -> None:
    write_part(tmp_path, views=3)
    cameras = [view.camera for view in open_dataset(tmp_path).views]
    expected = [camera.camera_to_world.tolist() for camera in cameras]
    for path in list((tmp_path / "pose").iterdir()):
        path.rename(path.with_suffix(suffix))
    assert [view.camera.camera_to_world.tolist() for view in open_dataset(tmp_path).views] == expected
    poses = read_path(tmp_path / "pose", cameras[0])
    assert [camera.camera_to_world.tolist() for camera in poses] == expected


@pytest.mark.parametrize("name", ["mask_{}.png", "{}.mask.png"])
def test_masks_that_are_called_otherwise_go_by_number(tmp_path: Path, name: str) -> None:
    write_part(tmp_path, views=3)
    for index in range(3):
        write_png(tmp_path / "mask" / name.format(index), np.full((24, 32), 255 * (index == 1), np.uint8))
    dataset = open_dataset(tmp_path)
    assert [view.mask().mean() for view in dataset.views] == [0, 1, 0]
    assert dataset.notes == ()


def test_masks_of_no_photograph_are_counted(tmp_path: Path) -> None:
    write_part(tmp_path, views=3)
    for name in ("front", "back"):
        write_png(tmp_path / "mask" / f"{name}.png", np.zeros((24, 32), np.uint8))
    dataset = open_dataset(tmp_path)
    assert all(view.mask_path is None for view in dataset.views)
    assert dataset.notes == ("2 of 2 files in mask/ belong to no photograph and are not used: back.png, front.png",)
    write_png(tmp_path / "mask" / "000001.png", np.zeros((24, 32), np.uint8))
    assert [view.mask_path is None for view in open_dataset(tmp_path).views] == [True, False, True]


@pytest.mark.parametrize("line", ["{:06d}", "{:06d}.png", "rgb/{:06d}.png"])
def test_lists_say_which_views_to_learn_from(tmp_path: Path, line: str) -> None:
    write_part(tmp_path, views=5)
    lists = {"train.txt": (0, 2), "val.txt": (3,), "test.txt": (1, 7)}
    for name, numbers in lists.items():
        (tmp_path / name).write_text("".join(line.format(number) + "\n" for number in numbers))
    dataset = open_dataset(tmp_path)
    splits = {view.name: view.split for view in dataset.views}
    assert splits == {"000000": "train", "000002": "train", "000003": "validation", "000001": "test"}
    assert dataset.notes == (
        "1 of 5 views are in no list and are left out: 000004",
        f"1 of 5 listed views are not there: {line.format(7)}",
    )
    assert [view.image()[0, 0, 0] for view in dataset.views] == pytest.approx([0, 20 / 255, 10 / 255, 30 / 255])


def test_lists_of_something_else_are_said(tmp_path: Path) -> None:
    write_part(tmp_path, views=3)
    (tmp_path / "train.txt").write_text("chair\ntable\n")
    dataset = open_dataset(tmp_path)
    assert len(dataset.views) == 3
    assert dataset.notes == ("the lists beside it (train.txt) name no view of it and are not used",)


def test_lists_of_a_class_name_objects(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_part(tmp_path / name, views=2)
    (tmp_path / "train.txt").write_text("a\nc\n")
    (tmp_path / "test.txt").write_text("b\n")
    dataset = open_dataset(tmp_path)
    assert dataset.format == "srn" and dataset.notes == ()
    assert {view.name: view.split for view in dataset.views if view.name.endswith("0")} == {
        "a/000000": "train",
        "c/000000": "train",
        "b/000000": "test",
    }
    (tmp_path / "train.txt").write_text("1 2 3\n")
    (tmp_path / "test.txt").unlink()
    dataset = open_dataset(tmp_path)
    assert dataset.instances == ("a", "b", "c")
    assert dataset.notes == ("the lists train.txt name nothing that is here and are not used",)


def test_masks_of_a_class_that_belong_to_nothing_are_said_once(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_part(tmp_path / name, views=2)
        write_png(tmp_path / name / "mask" / "silhouette.png", np.zeros((24, 32), np.uint8))
    (note,) = open_dataset(tmp_path).notes
    assert note == (
        "a: 1 of 1 files in mask/ belong to no photograph and are not used: silhouette.png, and so of 2 more"
    )
