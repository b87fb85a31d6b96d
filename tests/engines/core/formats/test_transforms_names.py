"""Names in transforms.json lead to the photographs that they mean, on whatever machine they were written."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines.core.errors import UserError
from engines.core.formats import open_dataset
from engines.core.formats.transforms_names import natural_order, parts_of
from tests.engines.core.formats.transforms_folders import LENS, frames, noted, photograph, write_json


def names_found(folder: Path, written: list[str], there: list[str]) -> list[str]:
    """The files that each name leads to, in the order of the names in the file."""
    for index, name in enumerate(there):
        photograph(folder / name, 10 * index)
    dataset = open_dataset(write_json(folder, {**LENS, "frames": frames(written)}))
    return [view.image_path.relative_to(folder).as_posix() for view in dataset.views if view.image_path]


@pytest.mark.parametrize(
    "written",
    [
        "train/{}.png",
        "./train/{}.png",
        ".//train/./{}.png",
        "train\\{}.png",
        ".\\train\\{}.png",
        "D:\\work\\capture\\train\\{}.png",
        "D:/work/capture/train/{}.png",
        "/home/somebody/capture/train/{}.png",
        "file:///home/somebody/capture/train/{}.png",
        "\\\\server\\share\\train\\{}.png",
        "./..\\nerf_dataset\\canister\\train/{}.png",
        "../capture/train/{}.png",
        "data/capture/train/{}.png",
        "other/../train/{}.png",
        "train/{}",
        "./train/{}",
        "train/{}.PNG",
        "Train/{}.png",
        "train/{}.jpg",
        "D:\\work\\capture\\train\\{}.JPG",
    ],
)
def test_paths_of_any_machine_lead_to_the_file_beside(tmp_path: Path, written: str) -> None:
    there = ["train/0000.png", "train/0001.png"]
    assert names_found(tmp_path, [written.format("0000"), written.format("0001")], there) == there


@pytest.mark.parametrize("suffix", [".JPG", ".Jpg", ".PNG", ".jpeg", ".TIF", ".webp"])
@pytest.mark.parametrize("written", ["./images/0000", "images/0000.png", "0000"])
def test_suffixes_may_be_left_out_wrong_or_in_capitals(tmp_path: Path, suffix: str, written: str) -> None:
    assert names_found(tmp_path, [written], [f"images/0000{suffix}"]) == [f"images/0000{suffix}"]


def test_accents_may_be_written_apart_or_as_one(tmp_path: Path) -> None:
    one, apart = "f\u00fcchse/\u00e4.png", "fu\u0308chse/a\u0308.png"
    assert names_found(tmp_path / "one", [one], [apart]) == [apart]
    assert names_found(tmp_path / "apart", [apart], [one]) == [one]


def test_another_suffix_is_said(tmp_path: Path) -> None:
    photograph(tmp_path / "a.jpg")
    photograph(tmp_path / "b.PNG")
    dataset = open_dataset(write_json(tmp_path, {**LENS, "frames": frames(["a.png", "b.png"])}))
    assert dataset.notes == ("1 photographs have another suffix than the file says, such as a.jpg for a.png",)


def test_the_file_that_is_named_goes_before_its_likes(tmp_path: Path) -> None:
    there = ["images/a.png", "images/a.jpg", "images/A.jpg"]
    assert names_found(tmp_path, ["images/a.jpg"], there) == ["images/a.jpg"]
    assert names_found(tmp_path, ["images/a"], there) == ["images/a.png"]


def test_a_stem_with_dots_has_no_suffix(tmp_path: Path) -> None:
    assert names_found(tmp_path, ["r_0.5"], ["r_0.5.png"]) == ["r_0.5.png"]


def test_bare_names_are_looked_for_among_the_images(tmp_path: Path) -> None:
    assert names_found(tmp_path, ["data/downsampled/4/4_00001.JPG"], ["images/4_00001.JPG"]) == ["images/4_00001.JPG"]


def test_smaller_copies_do_where_the_photographs_are_gone(tmp_path: Path) -> None:
    assert names_found(tmp_path, ["images/a.png"], ["images_2/a.png", "images_4/a.png"]) == ["images_2/a.png"]


def test_two_cameras_of_a_pair_keep_their_photographs_apart(tmp_path: Path) -> None:
    """Both call them alike; where only those of one are here, the other's are missing."""
    written = ["D:\\c\\left\\0.png", "D:\\c\\left\\1.png", "D:\\c\\right\\0.png", "D:\\c\\right\\1.png"]
    both = ["left/0.png", "left/1.png", "right/0.png", "right/1.png"]
    assert names_found(tmp_path / "both", written, both) == both
    assert names_found(tmp_path / "left", written, both[:2]) == both[:2]
    with pytest.raises(UserError, match=r"none of its photographs is there"):
        names_found(tmp_path / "flat", written, ["images/0.png", "images/1.png"])
    # Those that are named whole stay.
    mixed = ["images/0.png", "D:\\c\\other\\0.png"]
    assert names_found(tmp_path / "mixed", mixed, ["images/0.png"]) == ["images/0.png"]


def test_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    photograph(tmp_path / "elsewhere" / "a.png")
    for name in ("../elsewhere/a.png", str(tmp_path / "elsewhere" / "a.png"), "x/../../elsewhere/a.png"):
        with pytest.raises(
            UserError, match=r"transforms\.json: .*elsewhere/a\.png lies outside the folder; put the file"
        ):
            open_dataset(write_json(tmp_path / "capture", {**LENS, "frames": frames([name])}))


def test_frames_are_in_the_order_of_their_names(tmp_path: Path) -> None:
    written = [f"images/frame_{number}.png" for number in (6, 3, 10, 8, 1)]
    found = names_found(tmp_path, written, written)
    assert found == [f"images/frame_{number}.png" for number in (1, 3, 6, 8, 10)]
    # Each keeps its own pose: that of its place in the file.
    dataset = open_dataset(tmp_path)
    poses = {frame["file_path"]: frame["transform_matrix"] for frame in frames(written)}
    for view, name in zip(dataset.views, found, strict=True):
        assert view.camera.position.tolist() == [row[3] for row in poses[name][:3]]


def test_order_and_parts() -> None:
    names = ["b/1.png", "a/10.png", "a/9.png", "a2/1.png", "a10/1.png"]
    assert sorted(names, key=natural_order) == ["a/9.png", "a/10.png", "a2/1.png", "a10/1.png", "b/1.png"]
    assert parts_of("..\\a") == ("..", "a") and parts_of("C:\\") == () and parts_of("a/b/../c") == ("a", "c")


def test_photographs_that_are_missing_are_counted_with_the_masks(tmp_path: Path) -> None:
    photograph(tmp_path / "images" / "a.png")
    listed = frames(["images/a.png", "images/b.png"])
    listed[0]["mask_path"] = "masks/a.png"
    dataset = open_dataset(write_json(tmp_path, {**LENS, "frames": listed}))
    # Not images/a.png, although it has the mask's bare name.
    assert dataset.views[0].valid_mask_path is None
    assert noted(dataset, "mask_path of 1 photographs names a file that is not there, such as a.png")
    assert noted(dataset, "1 of 2 photographs are not there and are left out, such as b.png")
