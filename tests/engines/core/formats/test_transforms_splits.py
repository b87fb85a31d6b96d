"""Which photographs of transforms.json are held out: split files, and lists in every form that programs write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engines.core.data.dataset import Dataset
from engines.core.data.views import SPLITS
from engines.core.errors import UserError
from engines.core.formats import open_dataset
from tests.engines.core.formats.transforms_folders import LENS, frames, noted, opened, write, write_json

NAMES = [f"images/{index:04}.png" for index in range(8)]


def names_by_split(dataset: Dataset) -> list[list[str]]:
    return [[view.name for view in dataset.split(split)] for split in SPLITS]


def listed(lists: dict[str, Any], names: list[str] | None = None) -> dict[str, Any]:
    return {**LENS, **lists, "frames": frames(names or NAMES)}


STEMS = [f"{index:04}" for index in range(8)]


@pytest.mark.parametrize(
    "form",
    [
        "images/{}.png", "./images/{}.png", "images\\{}.png", ".\\images\\{}.png", "/home/x/capture/images/{}.png",
        "C:\\x\\images\\{}.png", "images/{}", "{}", "{}.png", "../capture/images/{}.png", "images/{}.PNG",
        "images/{}.jpg", "capture/images/{}.png",
    ],
)  # fmt: skip
@pytest.mark.parametrize("prefix", ["", "./", "D:/capture/"])
def test_lists_of_names_in_every_form(tmp_path: Path, form: str, prefix: str) -> None:
    lists = {
        "train_filenames": [form.format(stem) for stem in STEMS[:6]],
        "val_filenames": [form.format(STEMS[6])],
        "test_filenames": [form.format(STEMS[7])],
    }
    write(tmp_path, listed({}))
    data = listed(lists, [prefix + name for name in NAMES])
    dataset = open_dataset(write_json(tmp_path, data))
    assert names_by_split(dataset) == [STEMS[:6], STEMS[6:7], STEMS[7:]] and dataset.notes == ()


def test_names_of_no_frame_are_said_and_a_list_of_such_is_refused(tmp_path: Path) -> None:
    lists = {"train_filenames": NAMES[:6], "test_filenames": [NAMES[7], "images/0099.png"]}
    dataset = opened(tmp_path, listed(lists))
    assert names_by_split(dataset) == [STEMS[:6], [], STEMS[7:]]
    assert noted(dataset, "1 of 2 names in test_filenames are of no frame, such as images/0099.png")
    assert noted(dataset, "1 of 8 photographs are in none of the lists of splits and are left out, such as images/0006")
    with pytest.raises(UserError, match=r"transforms\.json: none of the 1 names in test_filenames is of a frame"):
        opened(tmp_path, listed({"test_filenames": ["images/0099.png"]}))
    for wrong in ("images/0001.png", [1]):
        with pytest.raises(UserError, match=r"transforms\.json: test_filenames must be a list of names"):
            opened(tmp_path, listed({"test_filenames": wrong}))


def test_without_a_list_of_training_photographs_these_are_the_others(tmp_path: Path) -> None:
    dataset = opened(tmp_path, listed({"val_filenames": NAMES[6:], "test_filenames": []}))
    assert names_by_split(dataset) == [STEMS[:6], STEMS[6:], []] and dataset.notes == ()


def test_bare_names_of_two_folders_are_no_names(tmp_path: Path) -> None:
    names = [f"{folder}/{stem}.png" for folder in ("left", "right") for stem in STEMS[:3]]
    dataset = opened(tmp_path / "whole", listed({"test_filenames": ["right/0001.png"]}, names))
    assert names_by_split(dataset)[2] == ["right/0001"]
    with pytest.raises(UserError, match="none of the 1 names in test_filenames is of a frame"):
        opened(tmp_path / "bare", listed({"test_filenames": ["0001.png"]}, names))


def test_no_photograph_is_learnt_from_that_is_held_out(tmp_path: Path) -> None:
    dataset = opened(tmp_path / "lists", listed({"train_filenames": NAMES, "test_filenames": NAMES[6:]}))
    assert names_by_split(dataset) == [STEMS[:6], [], STEMS[6:]]
    assert noted(dataset, "2 photographs are listed to train on and to be held out, such as 0006.png; they are held")
    write(tmp_path / "files", listed({}, ["./" + name for name in NAMES]), "transforms_train.json")
    write(tmp_path / "files", listed({}, NAMES[5:]), "transforms_test.json")
    assert names_by_split(open_dataset(tmp_path / "files")) == [STEMS[:5], [], STEMS[5:]]


def test_lists_that_are_the_same_hold_nothing_out(tmp_path: Path) -> None:
    dataset = opened(tmp_path, listed({"train_filenames": NAMES, "val_filenames": NAMES, "test_filenames": NAMES}))
    assert names_by_split(dataset) == [STEMS, [], []]
    assert noted(dataset, "all 8 photographs to train on are also listed to be held out; they are trained on, and none")


def test_validation_and_test_may_share_photographs(tmp_path: Path) -> None:
    lists = {"train_filenames": NAMES[:6], "val_filenames": NAMES[6:], "test_filenames": NAMES[6:]}
    assert names_by_split(opened(tmp_path, listed(lists))) == [STEMS[:6], STEMS[6:], STEMS[6:]]


def test_a_photograph_that_stands_twice_is_one(tmp_path: Path) -> None:
    dataset = opened(tmp_path, listed({}, [*NAMES[:3], "./" + NAMES[1]]))
    assert names_by_split(dataset)[0] == STEMS[:3]
    assert noted(dataset, "1 photographs stand more than once, such as 0001.png; the first camera of each is taken")


def test_split_files_go_before_the_whole_which_is_said(tmp_path: Path) -> None:
    write(tmp_path, listed({}))
    write(tmp_path, listed({}, NAMES[:6]), "transforms_train.json")
    write(tmp_path, listed({}, NAMES[7:]), "transforms_test.json")
    dataset = open_dataset(tmp_path)
    assert names_by_split(dataset) == [STEMS[:6], [], STEMS[7:]]
    assert noted(dataset, "transforms.json beside transforms_train.json: not read")


def test_without_a_file_of_training_photographs_these_are_the_others_of_the_whole(tmp_path: Path) -> None:
    write(tmp_path, listed({}))
    write(tmp_path, listed({}, NAMES[6:]), "transforms_test.json")
    assert names_by_split(open_dataset(tmp_path)) == [STEMS[:6], [], STEMS[6:]]


def test_frames_to_test_with_in_a_list_of_their_own(tmp_path: Path) -> None:
    data = listed({}, NAMES[:6])
    write(tmp_path, listed({}))
    dataset = opened(tmp_path, {**data, "test_frames": frames(NAMES)[6:]})
    assert names_by_split(dataset) == [STEMS[:6], [], STEMS[6:]] and dataset.notes == ()
