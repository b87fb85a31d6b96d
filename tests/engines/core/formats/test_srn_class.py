"""Classes of objects: which object a view shows, and what is wrong with a folder."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import pytest
from PIL import Image

from engines.core.data.views import SPLITS
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.formats.deepvoxels_folder import read_intrinsics
from tests.engines.core.examples import write_part

POSE = "1 0 0 0 0 1 0 0 0 0 1 -4 0 0 0 1"
INTRINSICS = "40. 16. 16. 0.\n0. 0. 0.\n1.\n32 32\n"


def write_object(folder: Path, views: int = 2) -> None:
    (folder / "pose").mkdir(parents=True)
    (folder / "intrinsics.txt").write_text(INTRINSICS)
    for index in range(views):
        (folder / "pose" / f"{index:06d}.txt").write_text(POSE)


def test_objects_are_numbered_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        write_object(tmp_path / name)
    dataset = open_dataset(tmp_path)
    assert dataset.format == "srn" and dataset.instances == ("a", "b", "c")
    assert [view.instance for view in dataset.views] == [0, 0, 1, 1, 2, 2]
    assert dataset.views[2].name == "b/000000"


def test_an_object_is_the_same_in_every_split(tmp_path: Path) -> None:
    for name in ("train/b", "train/c", "val/a", "test/c"):
        write_object(tmp_path / name, 1)
    dataset = open_dataset(tmp_path)
    # Those that were learnt come first.
    assert dataset.instances == ("b", "c", "a")
    assert {(view.split, view.instance) for view in dataset.views} == {
        ("train", 0),
        ("train", 1),
        ("validation", 2),
        ("test", 1),
    }


def test_one_object_alone_is_a_scene(tmp_path: Path) -> None:
    write_object(tmp_path / "car")
    assert open_dataset(tmp_path / "car").instances == ()


def test_intrinsics_without_a_near_plane(tmp_path: Path) -> None:
    write_object(tmp_path)
    found = read_intrinsics(tmp_path / "intrinsics.txt")
    assert (found.focal_px, found.scale, found.size_px, found.near_plane) == (40, 1, (32, 32), None)
    (tmp_path / "intrinsics.txt").write_text(INTRINSICS + "1\n")
    assert read_intrinsics(tmp_path / "intrinsics.txt").world_to_camera


def test_an_object_without_poses_is_named(tmp_path: Path) -> None:
    write_object(tmp_path / "a")
    write_object(tmp_path / "b", 0)
    with pytest.raises(UserError, match="b: the object has no poses"):
        open_dataset(tmp_path)


def test_images_and_poses_of_different_counts(tmp_path: Path, photographs: Path) -> None:
    shutil.copytree(photographs / "train", tmp_path / "a")
    next((tmp_path / "a" / "rgb").iterdir()).unlink()
    write_object(tmp_path / "b")
    dataset = open_dataset(tmp_path)
    count = len(list((photographs / "train" / "rgb").iterdir()))
    assert len(dataset.views.of_instance(0)) == count - 1
    assert f"1 of {count} photographs are not there and are left out, such as" in dataset.notes[0]


def test_the_published_names_of_splits(tmp_path: Path) -> None:
    """`cars_train`, `cars_val`, `cars_test`; SRN's `cars_train_val` has other views of the objects to train on."""
    for split, names in (("train", "ab"), ("train_val", "ab"), ("val", "c"), ("test", "d")):
        for name in names:
            write_object(tmp_path / f"cars_{split}" / name, 2)
    dataset = open_dataset(tmp_path)
    assert dataset.format == "srn" and dataset.instances == ("a", "b", "c", "d")
    assert [len(dataset.split(split)) for split in SPLITS] == [4, 6, 2]


def test_lists_say_which_objects_to_learn_from(tmp_path: Path) -> None:
    for name in "abcd":
        write_object(tmp_path / name, 2)
    (tmp_path / "train.lst").write_text("b\nz\n")
    (tmp_path / "test.lst").write_text("chairs/a\n")
    dataset = open_dataset(tmp_path)
    assert [[view.name[0] for view in dataset.split(split)] for split in SPLITS] == [["b", "b"], [], ["a", "a"]]
    assert dataset.notes == (
        "1 of 3 listed objects are not there, such as z",
        "2 of 4 objects are in no list (test.lst, train.lst) and are left out, such as c",
    )


def test_objects_of_nsvf_are_split_by_the_names_of_their_views(tmp_path: Path) -> None:
    for name in "ab":
        write_part(tmp_path / name, 3)
        (tmp_path / name / "intrinsics.txt").write_text("30 0 16 0\n0 30 12 0\n0 0 1 0\n0 0 0 1\n")
        for kind, suffix in (("rgb", "png"), ("pose", "txt")):
            for index, begin in enumerate(("0_train", "1_val", "2_test")):
                path = tmp_path / name / kind / f"{index:06d}.{suffix}"
                if path.is_file():
                    path.rename(path.with_stem(f"{begin}_{index:04d}"))
    dataset = open_dataset(tmp_path)
    assert [[view.name for view in dataset.split(split)] for split in SPLITS] == [
        ["a/0_train_0000", "b/0_train_0000"],
        ["a/1_val_0001", "b/1_val_0001"],
        ["a/2_test_0002", "b/2_test_0002"],
    ]


def test_poses_are_read_when_their_views_are_looked_at(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_object(tmp_path / name, 3)
    (tmp_path / "b" / "pose" / "000001.txt").write_text("1 2 3")
    views = open_dataset(tmp_path).views
    assert len(views) == 6 and views.instances.tolist() == [0, 0, 0, 1, 1, 1]
    assert views[-1].name == "b/000002"
    with pytest.raises(UserError, match=r"000001\.txt: has 3 numbers; a pose needs 16"):
        _ = views[4]
    there_and_back = pickle.loads(pickle.dumps(views.of_instance(1)))
    assert [there_and_back[index].name for index in (0, 2)] == ["b/000000", "b/000002"]


def test_views_are_held_out_of_each_object(tmp_path: Path) -> None:
    for name, count in (("a", 5), ("b", 3), ("c", 4)):
        write_object(tmp_path / name, count)
    dataset = open_dataset(tmp_path)
    held = dataset.with_held_out(2)
    assert [view.name for view in held.split("validation")] == ["a/000001", "a/000003", "c/000001", "c/000003"]
    assert {view.split for view in held.split("validation")} == {"validation"}
    assert [view.instance for view in held.split("train")] == [0, 0, 0, 1, 1, 1, 2, 2]
    assert not dataset.with_held_out(0).split("validation")


def test_a_photograph_of_one_pixel_is_refused(tmp_path: Path, photographs: Path) -> None:
    shutil.copytree(photographs / "train", tmp_path / "a")
    path = sorted((tmp_path / "a" / "rgb").iterdir())[0]
    Image.new("RGB", (1, 1)).save(path)
    with pytest.raises(UserError, match=r"000000\.png: is 1x1; photographs need at least 11 pixels a side"):
        open_dataset(tmp_path)


def test_fingerprints_tell_other_photographs(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_object(tmp_path / name, 3)
    views = open_dataset(tmp_path).views
    assert views.fingerprint() == open_dataset(tmp_path).views.fingerprint()
    assert views[:5].fingerprint() != views[1:].fingerprint() != views.fingerprint()
    only_b = views.of_instance(1).fingerprint()
    (tmp_path / "a" / "pose" / "000001.txt").rename(tmp_path / "a" / "pose" / "000009.txt")
    changed = open_dataset(tmp_path).views
    assert changed.fingerprint() != views.fingerprint() and changed.of_instance(1).fingerprint() == only_b


def test_a_folder_that_changed_is_told(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_object(tmp_path / name, 3)
    views = pickle.loads(pickle.dumps(open_dataset(tmp_path).views))
    (tmp_path / "a" / "pose" / "000001.txt").unlink()
    with pytest.raises(UserError, match="a: has other views than when it was opened"):
        _ = views[0]
    assert views[3].name == "b/000000"


def test_parameters_go_by_name_else_in_order(tmp_path: Path) -> None:
    for name, stems in (("a", ("000001", "000000")), ("b", ("p", "q"))):
        write_object(tmp_path / name)
        (tmp_path / name / "params").mkdir()
        for value, stem in enumerate(sorted(stems)):
            (tmp_path / name / "params" / f"{stem}.txt").write_text(f"{value} 5\nnot read\n")
    assert [view.params().tolist() for view in open_dataset(tmp_path).views] == [[0, 5], [1, 5], [0, 5], [1, 5]]


def test_published_chairs_lie_a_folder_deeper(tmp_path: Path) -> None:
    for name in ("chairs_train/chairs_2.0_train/a", "chairs_train/chairs_2.0_train/b", "chairs_val/c", "chairs_test/d"):
        write_object(tmp_path / name)
    dataset = open_dataset(tmp_path)
    assert dataset.instances == ("a", "b", "c", "d")
    assert [len(dataset.split(split)) for split in SPLITS] == [4, 2, 2]
