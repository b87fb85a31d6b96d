"""Images between disk and array."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin

from engines.core.data.decoding import turned_upright
from engines.core.data.images import (
    has_alpha,
    image_size,
    in_natural_order,
    list_images,
    natural_key,
    natural_order,
    read_image,
    resize_area,
    resize_lanczos,
    shrunk,
    to_uint8,
    turned_size,
    write_png,
)
from engines.core.errors import UserError

COLOUR = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff"])
def test_colour_keeps_its_order_and_values(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"image.{suffix}"
    Image.fromarray(COLOUR).save(path)
    assert read_image(path) == pytest.approx(COLOUR / 255.0, abs=1e-7)
    assert image_size(path) == (5, 6)


def test_grey_becomes_three_equal_channels(tmp_path: Path) -> None:
    Image.fromarray(COLOUR[:, :, 0]).save(tmp_path / "grey.png")
    image = read_image(tmp_path / "grey.png")
    assert image.shape == (6, 5, 3) and (image[:, :, 0] == image[:, :, 2]).all()


def test_sixteen_bits_keep_their_precision(tmp_path: Path) -> None:
    values = np.array([[0, 1, 32768, 65535]], dtype=np.uint16)
    Image.fromarray(values).save(tmp_path / "deep.png")
    assert read_image(tmp_path / "deep.png")[0, :, 1] == pytest.approx(values[0] / 65535)


def test_floats_are_taken_as_they_are(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "float.tiff"), np.full((2, 2, 3), 0.25, dtype=np.float32))
    assert read_image(tmp_path / "float.tiff") == pytest.approx(0.25)


def test_transparency_is_laid_over_white(tmp_path: Path) -> None:
    pixels = np.array([[[255, 0, 0, 255], [255, 0, 0, 0], [0, 0, 0, 51]]], dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "clear.png")
    assert read_image(tmp_path / "clear.png")[0] == pytest.approx(np.array([[1, 0, 0], [1, 1, 1], [0.8, 0.8, 0.8]]))


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tiff"])
@pytest.mark.parametrize("kept", [0.0, 0.5])
def test_a_cut_image_is_one_line_and_no_noise(
    tmp_path: Path, suffix: str, kept: float, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"cut.{suffix}"
    Image.fromarray(np.tile(COLOUR, (9, 9, 1))).save(path)
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    with pytest.raises(UserError, match=rf"cut\.{suffix}: can't be read as an image"):
        read_image(path)
    assert capfd.readouterr() == ("", "")


def test_what_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("not an image")
    for read in (read_image, image_size):
        with pytest.raises(UserError, match=r"text\.png: can't be read as an image"):
            read(tmp_path / "text.png")
        with pytest.raises(UserError, match=r"none\.png"):
            read(tmp_path / "none.png")


def test_list_is_sorted_and_holds_images_only(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpg", "c.txt", "._a.jpg"):
        (tmp_path / name).touch()
    assert [path.name for path in list_images(tmp_path)] == ["a.jpg", "b.PNG"]


def test_natural_order_counts() -> None:
    names = ["cam10.png", "cam2.png", "a.png", "12", "cam2b", "9"]
    found = sorted((Path(name) for name in names), key=natural_order)
    assert [path.name for path in found] == ["9", "12", "a.png", "cam2.png", "cam2b", "cam10.png"]


def test_shrinking_averages_areas() -> None:
    image = np.random.default_rng(0).random((4, 6, 3), dtype=np.float32)
    plain = image.reshape(2, 2, 3, 2, 3).mean(axis=(1, 3))
    assert resize_area(image, (3, 2)) == pytest.approx(plain, abs=1e-6)
    assert resize_area(image, (6, 4)) is image


def test_lanczos_is_that_of_pil_on_bytes() -> None:
    large = np.random.default_rng(1).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    expected = Image.fromarray(large).resize((9, 7), Image.Resampling.LANCZOS)
    found = resize_lanczos(large.astype(np.float32) / np.float32(255), (9, 7))
    assert found.dtype == np.float32 and np.array_equal(to_uint8(found), np.asarray(expected))
    assert resize_lanczos(found, (9, 7)) is found


def test_bytes_are_rounded_and_clamped() -> None:
    values = np.array([-1, 0, 0.4999 / 255, 0.5001 / 255, 1, 2, np.nan, np.inf], dtype=np.float32)
    assert to_uint8(values).tolist() == [0, 0, 0, 1, 255, 255, 0, 255]


def test_png_carries_text(tmp_path: Path) -> None:
    write_png(tmp_path / "image.png", COLOUR, {"camera": '{"name": "Käfer"}'})
    with Image.open(tmp_path / "image.png") as image:
        assert image.info["camera"] == '{"name": "Käfer"}'
    assert to_uint8(read_image(tmp_path / "image.png")).tolist() == COLOUR.tolist()


def test_a_folder_or_a_pipe_of_a_photographs_name_is_none(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "lost.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "a.png").touch()
    assert [path.name for path in list_images(tmp_path)] == ["a.png", "lost.png"]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_as_pillow_turns_them(tmp_path: Path, orientation: int) -> None:
    stored = np.random.default_rng(2).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored).save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as image:
        shown = np.asarray(ImageOps.exif_transpose(image))
    found = turned_upright(stored, orientation)
    assert np.array_equal(found, shown) and found.flags["C_CONTIGUOUS"]
    assert turned_size((6, 4), orientation) == (shown.shape[1], shown.shape[0])


def test_what_was_drawn_beside_a_photograph_is_none(tmp_path: Path) -> None:
    for name in (
        "r_0.png",
        "r_0_depth_0001.png",
        "depth_0.png",
        "r_0_albedo.png",
        "Normal0.png",
        "depths_of_field.png",
    ):
        (tmp_path / name).touch()
    assert [path.name for path in list_images(tmp_path)] == ["depths_of_field.png", "r_0.png"]


def test_of_a_photograph_in_two_files_the_one_that_others_read_counts(tmp_path: Path) -> None:
    for name in ("IMG_1.HEIC", "IMG_1.jpg", "img_2.heic", "IMG_2.JPG", "IMG_3.HEIC"):
        (tmp_path / name).touch()
    assert [path.name for path in list_images(tmp_path)] == ["IMG_1.jpg", "IMG_2.JPG", "IMG_3.HEIC"]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_megabytes_before_the_pixels_of_a_png_are_passed_over(tmp_path: Path, mode: str) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_itxt("prompt", "x" * 2**21, zip=True)
    text.add_text("workflow", "y" * 2**21)
    picture = Image.fromarray(np.tile(COLOUR, (3, 3, 1))).convert(mode)
    path = tmp_path / "a.png"
    transparent: dict[str, Any] = {"transparency": 0} if mode == "P" else {}
    picture.save(path, pnginfo=text, icc_profile=bytes(2**21), **transparent)
    assert image_size(path) == (15, 18) and has_alpha(path) == (mode != "RGB")
    if mode == "RGB":
        np.testing.assert_array_equal(to_uint8(read_image(path)), np.asarray(picture))


@pytest.mark.parametrize("pattern", ["{:03d}.png", "{}.png", "r_{}_{}.PNG", "a{:04d}b{}", "x"])
def test_names_are_sorted_as_people_count(pattern: str) -> None:
    random = np.random.default_rng(0)
    names = [pattern.format(*random.integers(0, 500, 2).tolist()) for _ in range(200)]
    names += ["a01.png", "a1.png"] if "{}" in pattern else []
    assert in_natural_order(names) == sorted(names, key=natural_key)


def test_data_is_read_without_loading_what_few_files_need() -> None:
    code = "import sys, engines.core.formats; sys.exit(bool({'h5py', 'pillow_heif'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize(
    ("size_px", "expected"), [((60, 30), (20, 10)), ((30, 60), (10, 20)), ((20, 7), (20, 7)), ((400, 1), (20, 1))]
)
def test_shrunk_keeps_the_shape_and_never_enlarges(size_px: tuple[int, int], expected: tuple[int, int]) -> None:
    for channels in ((), (3,)):
        small = shrunk(np.full((size_px[1], size_px[0], *channels), 0.5, np.float32), 20)
        assert small.shape == (expected[1], expected[0], *channels) and np.allclose(small, 0.5)
