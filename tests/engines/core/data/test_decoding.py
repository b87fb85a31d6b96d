"""Kinds of image files: what is read of each, as it is stored."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from engines.core.camera import Array
from engines.core.data.images import (
    IMAGE_SUFFIXES,
    UNREADABLE_SUFFIXES,
    exif_orientation,
    image_size,
    list_images,
    read_image,
    unreadable_pictures,
)
from engines.core.data.views import View
from engines.core.errors import UserError
from tests.engines.core.formats.ball_pictures import ball_cameras

ORIENTATION = 274
LOSSY = 0.06


def quarters() -> Array:
    """[48, 64, 3] bytes, each quarter of another colour."""
    image = np.zeros((48, 64, 3), np.uint8)
    image[:24, :32], image[:24, 32:], image[24:, :32], image[24:, 32:] = (
        (255, 0, 0), (0, 255, 0), (0, 0, 255), (200, 100, 50)
    )  # fmt: skip
    return image


def assert_is_quarters(path: Path, tolerance: float = 1e-6) -> None:
    assert image_size(path) == (64, 48)
    image = read_image(path)
    assert image.shape == (48, 64, 3) and image.dtype == np.float32
    for row in (6, 40):
        for column in (8, 56):
            assert image[row, column] == pytest.approx(quarters()[row, column] / 255, abs=tolerance)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpe", ".jfif", ".webp", ".bmp", ".tif", ".avif", ".jp2", ".ppm"])
def test_kinds_that_are_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    kind = {".jpe": "JPEG", ".jfif": "JPEG"}.get(suffix)
    Image.fromarray(quarters()).save(path, format=kind, quality=95)
    assert list_images(tmp_path) == [path]
    assert_is_quarters(path, LOSSY if suffix in (".jpg", ".jpe", ".jfif", ".webp", ".avif", ".jp2") else 1e-6)


@pytest.mark.parametrize("suffix", [".heic", ".HEIC", ".heif"])
def test_photographs_of_iphones(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"IMG_1000{suffix}"
    pillow_heif.from_pillow(Image.fromarray(quarters())).save(path, quality=95)
    assert list_images(tmp_path) == [path] and exif_orientation(path) == 1
    assert_is_quarters(path, LOSSY)
    camera = ball_cameras(1)[0].resized((64, 48))
    assert View(camera, "a", image_path=path).image().shape == (48, 64, 3)


def test_of_transparent_photographs_of_iphones_white_shows_through(tmp_path: Path) -> None:
    path = tmp_path / "a.heic"
    pillow_heif.from_pillow(Image.fromarray(np.dstack([quarters(), np.zeros((48, 64), np.uint8)]))).save(path)
    assert read_image(path).min() > 1 - LOSSY


def test_a_stub_of_an_iphones_photograph_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.heic"
    path.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    for read in (image_size, read_image):
        with pytest.raises(UserError, match=r"a\.heic: can't be read as an image"):
            read(path)


def with_orientation(path: Path, orientation: int) -> None:
    """Adds the tag to a little-endian TIFF."""
    data = bytearray(path.read_bytes())
    at = struct.unpack("<I", data[4:8])[0]
    count = struct.unpack("<H", data[at : at + 2])[0]
    entries = [bytes(data[at + 2 + 12 * i : at + 14 + 12 * i]) for i in range(count)]
    entries = [*entries, struct.pack("<HHII", ORIENTATION, 3, 1, orientation)]
    entries.sort(key=lambda entry: int(struct.unpack("<H", entry[:2])[0]))
    end = len(data) + len(data) % 2
    data += bytes(end - len(data)) + struct.pack("<H", count + 1) + b"".join(entries) + struct.pack("<I", 0)
    data[4:8] = struct.pack("<I", end)
    path.write_bytes(data)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["u1", "u2", "f4"])
def test_a_tiff_is_read_as_it_is_stored(tmp_path: Path, kind: str, orientation: int) -> None:
    """Cameras of COLMAP are those of the stored pixels; OpenCV and Pillow turn them whatever they are asked for."""
    path = tmp_path / "a.tif"
    factor = {"u1": 1, "u2": 257, "f4": np.float32(1 / 255)}[kind]
    cv2.imwrite(str(path), quarters()[:, :, ::-1].astype(kind) * np.array(factor, dtype=kind))
    with_orientation(path, orientation)
    assert_is_quarters(path, 1e-5)
    assert exif_orientation(path) == orientation


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif"])
def test_other_kinds_are_read_as_they_are_stored_too(tmp_path: Path, suffix: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.fromarray(quarters()).save(tmp_path / f"a{suffix}", exif=exif, quality=95)
    assert_is_quarters(tmp_path / f"a{suffix}", LOSSY)


@pytest.mark.parametrize(
    ("mode", "suffix"), [("CMYK", ".jpg"), ("CMYK", ".tif"), ("P", ".png"), ("RGBA", ".png"), ("RGBA", ".tif")]
)
def test_colours_however_they_are_kept(tmp_path: Path, mode: str, suffix: str) -> None:
    Image.fromarray(quarters()).convert(mode).save(tmp_path / f"a{suffix}", quality=95)
    assert_is_quarters(tmp_path / f"a{suffix}", LOSSY)


@pytest.mark.parametrize("mode", ["L", "LA", "I;16", "1"])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_grey_becomes_rgb(tmp_path: Path, mode: str, suffix: str) -> None:
    grey = np.zeros((48, 64), np.uint16 if mode == "I;16" else np.uint8)
    grey[:, 32:] = 65535 if mode == "I;16" else 255
    image = Image.fromarray(grey) if mode == "I;16" else Image.fromarray(grey).convert(mode)
    image.save(tmp_path / f"a{suffix}")
    read = read_image(tmp_path / f"a{suffix}")
    assert read.shape == (48, 64, 3) and (read[:, :32] == 0).all() and (read[:, 32:] == 1).all()


def test_what_is_transparent_in_a_palette_is_white(tmp_path: Path) -> None:
    image = np.dstack([quarters(), np.full((48, 64), 255, np.uint8)])
    image[:24, :32, 3] = 0
    Image.fromarray(image).quantize(16).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png")[4, 4].tolist() == [1, 1, 1]


def test_pictures_that_cannot_be_read_are_named_with_the_way_out(tmp_path: Path) -> None:
    assert unreadable_pictures(tmp_path) == "" and not set(UNREADABLE_SUFFIXES) & set(IMAGE_SUFFIXES)
    for name in ("a.DNG", "b.dng", "c.jxl", "d.txt", "e.jpg"):
        (tmp_path / name).write_bytes(b"")
    assert unreadable_pictures(tmp_path) == "3 pictures (DNG, JXL) can't be read here; convert them to JPEG or PNG"


def test_what_was_drawn_beside_photographs_is_none(tmp_path: Path) -> None:
    photographs = ["r_0.png", "r_1.png", "normal_street.png", "depth.png", "lake_normally.png"]
    for name in (*photographs, "r_0_depth_0001.png", "r_0_normal_0001.png", "r_1_depth.png", "r_1-Normal.png"):
        (tmp_path / name).write_bytes(b"")
    assert sorted(path.name for path in list_images(tmp_path)) == sorted(photographs)


def test_transparency_of_heic_is_seen_though_none_was_opened_before(tmp_path: Path) -> None:
    pillow_heif.register_heif_opener()
    for mode in ("RGBA", "RGB"):
        Image.new(mode, (64, 48)).save(tmp_path / f"{mode}.heic")
    # Pillow is taught the format once for a whole process.
    code = (
        "import sys; from pathlib import Path; from engines.core.data.images import has_alpha\n"
        "print(*(has_alpha(Path(name)) for name in sys.argv[1:]))"
    )
    paths = [str(tmp_path / f"{mode}.heic") for mode in ("RGBA", "RGB")]
    done = subprocess.run([sys.executable, "-c", code, *paths], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
