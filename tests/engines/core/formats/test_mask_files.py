"""Masks beside photographs: which belongs to which, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines.core.formats.mask_files import MaskFiles


@pytest.mark.parametrize("mask", ["0001.JPG.png", "0001.jpg.png", "0001.png", "0001.PNG", "0001.jpg"])
def test_capitals_make_no_difference(tmp_path: Path, mask: str) -> None:
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / mask).touch()
    masks = MaskFiles(tmp_path / "images")
    assert masks.find("0001.JPG") == tmp_path / "masks" / mask and masks.find("0002.JPG") is None
    assert masks.notes(["0001.JPG"]) == () and "named like no photograph" in masks.notes(["0002.JPG"])[0]


def test_smaller_copies_have_their_own_or_those_of_the_whole_size(tmp_path: Path) -> None:
    for name in ("masks", "masks_4"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0001.png").touch()
    assert MaskFiles(tmp_path / "images_4").find("0001.jpg") == tmp_path / "masks_4" / "0001.png"
    assert MaskFiles(tmp_path / "images_8").find("0001.jpg") == tmp_path / "masks" / "0001.png"


def test_a_folder_whose_meaning_is_not_known_is_named(tmp_path: Path) -> None:
    (tmp_path / "mask").mkdir()
    assert "what is in mask/ is not used" in MaskFiles(tmp_path / "images").notes(["0001.jpg"])[0]
