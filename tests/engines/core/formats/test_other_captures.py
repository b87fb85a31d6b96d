"""A folder of quite different captures: those that are read, and those that are said to be left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines.core.formats import open_dataset
from tests.engines.core.formats import test_dvr, transforms_folders
from tests.engines.core.formats.test_srn_class import write_object


def write_transforms(folder: Path) -> None:
    transforms_folders.write(folder, {**transforms_folders.LENS, "frames": transforms_folders.frames(["0", "1", "2"])})


def test_captures_of_another_layout_are_named(tmp_path: Path) -> None:
    for name in ("cup", "vase"):
        write_object(tmp_path / name)
    test_dvr.write(tmp_path / "skull")
    (tmp_path / "notes").mkdir()
    dataset = open_dataset(tmp_path)
    assert dataset.instances == ("cup", "vase")
    assert dataset.notes[-1] == (
        "skull (dvr) is another capture, which is left out: what is read here is srn; name the one that is meant"
    )
    write_transforms(tmp_path / "fox")
    assert open_dataset(tmp_path).notes[-1].startswith("fox (transforms), skull (dvr) are other captures")


@pytest.mark.parametrize("split", ["", "train"])
def test_a_class_alone_says_nothing(tmp_path: Path, split: str) -> None:
    for name in ("cup", "vase"):
        write_object(tmp_path / split / name)
    assert open_dataset(tmp_path).notes == ()


def test_a_damaged_capture_beside_others_is_not_asked_for(tmp_path: Path) -> None:
    write_object(tmp_path / "cup")
    write_object(tmp_path / "vase")
    (tmp_path / "fox").mkdir()
    (tmp_path / "fox" / "transforms.json").write_text("{")
    assert open_dataset(tmp_path).instances == ("cup", "vase")
