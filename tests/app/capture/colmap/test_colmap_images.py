"""What COLMAP is given to read: names, lenses, and what is thrown away when a photograph was replaced."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from app.capture.colmap.colmap_images import alias, lenses_of, prepare, work_folder
from app.capture.colmap.colmap_job import ColmapJob
from engines.core.data.images import write_png
from engines.core.errors import UserError
from engines.core.formats.mask_files import MaskFiles


def job_of(folder: Path, names: list[str]) -> ColmapJob:
    work = folder / "colmap"
    return ColmapJob(
        folder, {name: name for name in names}, None, work / "database.db", work / "models", (), "exhaustive", 1
    )


def test_colmaps_name_of_a_photograph_is_no_comment_of_its_lists() -> None:
    assert not alias("#1.png").startswith("#")
    assert len({alias(name) for name in ("#1.png", "1.png", "##1.png", "# 1.png")}) == 4


def test_what_colmap_passes_over_becomes_a_png_of_its_own_name() -> None:
    for name in ("a.webp", "a.heic", "a.avif"):
        assert alias(name).startswith("a_") and alias(name).endswith(".png")
    assert len({alias(name) for name in ("a.webp", "a.heic", "a.png", "a.WEBP")}) == 4
    assert alias("a.JPG") == "a.JPG"


def test_what_was_found_of_replaced_photographs_is_thrown_away(tmp_path: Path) -> None:
    photographs = [tmp_path / f"{index}.png" for index in range(3)]
    for path in photographs:
        path.write_bytes(b"one")
    job = job_of(tmp_path, [path.name for path in photographs])
    prepare(job, tmp_path)
    job.database.write_bytes(b"features")
    prepare(job, tmp_path)
    assert job.database.exists()
    photographs[1].write_bytes(b"two")
    prepare(job, tmp_path)
    assert not job.database.exists()


@pytest.mark.parametrize("change", ["added", "removed", "other"])
def test_what_was_found_under_other_masks_is_thrown_away(tmp_path: Path, change: str) -> None:
    grey = np.full((16, 16, 3), 99, np.uint8)
    write_png(tmp_path / "images" / "a.png", grey)
    write_png(tmp_path / "images" / "b.png", grey)
    mask = tmp_path / "masks" / "a.png"
    write_png(mask, grey)
    job = replace(job_of(tmp_path, ["a.png", "b.png"]), images=tmp_path / "images", masks=tmp_path / "colmap" / "masks")
    prepare(job, tmp_path / "images")
    job.database.write_bytes(b"features")
    assert sorted(path.name for path in (tmp_path / "colmap" / "masks").iterdir()) == ["a.png.png", "b.png.png"]
    if change == "added":
        write_png(mask.with_name("b.png"), grey)
    elif change == "removed":
        mask.unlink()
    else:
        write_png(mask, grey * 0)
    prepare(job, tmp_path / "images")
    assert not job.database.exists()


@pytest.mark.parametrize("name", ["a.jpg.png", "a.png", "a.PNG", "a.JPG"])
def test_masks_are_found_by_the_names_under_which_photographs_are_learnt_from(tmp_path: Path, name: str) -> None:
    images, written = tmp_path / "images", tmp_path / "colmap" / "masks"
    for place in (images / "a.jpg", tmp_path / "masks" / name):
        place.parent.mkdir(exist_ok=True)
        Image.new("L", (16, 16), 0).save(place)
    # What macOS leaves on foreign disks is no mask.
    (tmp_path / "masks" / "._a.png").write_bytes(b"left behind")
    job = replace(job_of(tmp_path, ["a.jpg"]), images=images, masks=written)
    prepare(job, images)
    assert Image.open(written / "a.jpg.png").getextrema() == (0, 0)
    assert MaskFiles(images).find("a.jpg") == tmp_path / "masks" / name
    assert MaskFiles(images).notes(["a.jpg"]) == ()


def test_photographs_are_grouped_by_size_camera_and_zoom(tmp_path: Path) -> None:
    def save(name: str, size: tuple[int, int], camera: str, focal: float) -> Path:
        exif = Image.Exif()
        exif[ExifTags.Base.Model] = camera
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLength] = focal
        Image.new("RGB", size).save(tmp_path / name, exif=exif)
        return tmp_path / name

    paths = [
        save("a.jpg", (32, 24), "One", 4.0),
        save("b.jpg", (32, 24), "Two", 4.0),
        save("c.jpg", (32, 24), "One", 4.0),
        save("d.jpg", (32, 24), "One", 9.0),
        save("e.jpg", (24, 32), "One", 4.0),
    ]
    assert lenses_of(paths) == (("a.jpg", "c.jpg"), ("b.jpg",), ("d.jpg",), ("e.jpg",))


def test_a_colmap_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    assert work_folder(tmp_path).name == "colmap"
    (tmp_path / "colmap").mkdir()
    (tmp_path / "colmap" / "database.db").touch()
    assert work_folder(tmp_path).name == "colmap_vantage"
    (tmp_path / "colmap" / "contents.json").touch()
    assert work_folder(tmp_path).name == "colmap"


def test_iphones_photographs_that_cant_be_decoded_are_counted_with_the_way_out(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"IMG_{number}.HEIC").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    with pytest.raises(UserError, match=r"3 HEIC files can't be read here; convert HEIC to JPEG, or choose “Most"):
        lenses_of(sorted(tmp_path.iterdir()))
