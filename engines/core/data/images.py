"""Images between disk and array."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, PngImagePlugin

from engines.core.camera import Array, Camera
from engines.core.data.decoding import HEIF_SUFFIXES, LYING, decode, know_heif, png_header, tiff_header
from engines.core.errors import UserError
from engines.core.files import replacing
from engines.core.reading import reading, require_file

FULL_SCALE = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0, np.dtype(np.float32): 1.0}
SMALLEST_SIDE_PX = 11
"""SSIM compares windows of this side."""
LARGEST_SIDE_PX = 16384
"""More than any camera or encoder has: the number is a mistake, not a size."""
MOST_PX = 178_956_970
"""Of a picture in all: as Pillow's own limit is."""
SAME_SHAPE = 0.05
"""Of the logarithm of width by height: copies that were made smaller are rounded to whole pixels, or to eights."""
EXIF_ORIENTATION = 0x0112
NO_IMAGE = "can't be read as an image"
HEIF_WAY_OUT = "convert HEIC to JPEG, or choose “Most Compatible” in the phone's camera settings"
IMAGE_SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".jp2", ".ppm", ".pgm"),
    *HEIF_SUFFIXES,
)
UNREADABLE_SUFFIXES = (
    *(".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".pef", ".raw"),
    *(".jxl", ".gif", ".psd", ".tga", ".exr", ".hdr", ".svg"),
)
"""Pictures, of cameras and of programs, that can't be read here."""


AS_DIGIT = {49: "0", 50: "0", 51: "0", 52: "0", 53: "0", 54: "0", 55: "0", 56: "0", 57: "0"}
"""Makes all digits one, for `str.translate`."""
NO_PHOTOGRAPH = re.compile(
    r"[_.-](depth|normals?|albedo|disp|disparity)([_.-]?[0-9]+)?$|^(depth|normals?|albedo)[_.-]?[0-9]+$", re.IGNORECASE
)
"""Names of what was drawn beside a photograph: `r_0_depth_0001.png` of Blender's scripts, `00_normal.png`."""


def list_images(folder: Path) -> list[Path]:
    """The photographs of a folder, sorted by name; where it holds nothing but depths or normals, these.

    Of a photograph that a phone keeps as HEIC and as JPEG the latter counts.
    """
    return [folder / name for name in sorted(_image_names(folder))]


def list_in_order(folder: Path) -> list[Path]:
    """The photographs of `list_images`, sorted as people count: 2.png before 10.png."""
    return [folder / name for name in in_natural_order(_image_names(folder))]


def _image_names(folder: Path) -> list[str]:
    """Of `list_images`, in no order. Names, as a class of objects has tens of thousands of them."""
    # A folder is no photograph, whatever its name; a pipe would be waited for without end. A link that leads nowhere
    # stays, to be named where it can't be read.
    names = files_with(folder, IMAGE_SUFFIXES)
    heif = [name for name in names if name.lower().endswith(HEIF_SUFFIXES)]
    if heif:
        others = {name.rpartition(".")[0].lower() for name in names if not name.lower().endswith(HEIF_SUFFIXES)}
        twice = {name for name in heif if name.rpartition(".")[0].lower() in others}
        names = [name for name in names if name not in twice]
    return [name for name in names if not NO_PHOTOGRAPH.search(name.rpartition(".")[0])] or names


def files_with(folder: Path, suffixes: tuple[str, ...]) -> list[str]:
    """Names of the files in a folder that end in one of `suffixes` (lower case), whatever their case; in no order."""
    with os.scandir(folder) as entries:
        return [
            entry.name
            for entry in entries
            # A leading dot: what macOS leaves beside each file on foreign disks, and our own unfinished files.
            if entry.name.lower().endswith(suffixes)
            and not entry.name.startswith(".")
            and (entry.is_file() or entry.is_symlink())
        ]


def unreadable_pictures(folder: Path) -> str:
    """What a folder holds in place of photographs, in words, with the way out; "" where there is no such thing."""
    names = [path.suffix.lower() for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    found = sorted({name for name in names if name in UNREADABLE_SUFFIXES})
    if not found:
        return ""
    count = sum(name in found for name in names)
    kinds = ", ".join(name.removeprefix(".").upper() for name in found)
    return f"{count} pictures ({kinds}) can't be read here; convert them to JPEG or PNG"


def no_image(path: Path) -> str:
    """What is said of a picture that can't be decoded, with the way out where its kind is the likely reason."""
    suffix = path.suffix.lower()
    if suffix in UNREADABLE_SUFFIXES:
        return f"{NO_IMAGE}; convert it to JPEG or PNG"
    return NO_IMAGE + (f"; {HEIF_WAY_OUT}" if suffix in HEIF_SUFFIXES else "")


def unreadable_heif(paths: Sequence[Path]) -> str:
    """How many of the photographs are HEIC files that can't be decoded, in words with the way out; "" if none is."""
    count = sum(1 for path in paths if path.suffix.lower() in HEIF_SUFFIXES and not _has_size(path))
    return f"{count} HEIC file{'s' if count > 1 else ''} can't be read here; {HEIF_WAY_OUT}" if count else ""


def _has_size(path: Path) -> bool:
    try:
        image_size(path)
    except UserError:
        return False
    return True


def natural_order(path: Path) -> list[str | int]:
    """A key that sorts paths by name as people count: cam2 before cam10."""
    return natural_key(path.name)


def in_natural_order(names: Sequence[str]) -> list[str]:
    """Names, sorted as people count."""
    # Those of one pattern (000012.png) stand in the order of their text: so a class of thousands is sorted at once.
    if len({name.translate(AS_DIGIT) for name in names}) <= 1:
        return sorted(names)
    return sorted(names, key=natural_key)


def natural_key(name: str) -> list[str | int]:
    """A key that sorts names as people count: cam2 before cam10."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]+)", name)]


def image_size(path: Path) -> tuple[int, int]:
    """(width, height), read from the file's header only.

    Raises:
        UserError: the file is not an image.
    """
    require_file(path)
    if path.suffix.lower() in HEIF_SUFFIXES:
        know_heif()
    with reading(path, no_image(path)):
        # Pillow has that of the turned picture, and knows not all kinds.
        if (header := tiff_header(path) or png_header(path)) is not None:
            return header[0]
        with Image.open(path) as image:
            return (image.width, image.height)


def exif_orientation(path: Path) -> int:
    """1 to 8, as EXIF numbers how the stored picture is to be turned; 1, as it lies, where it doesn't say."""
    try:
        if (header := tiff_header(path)) is not None:
            return header[1]
        if path.suffix.lower() in HEIF_SUFFIXES:
            return 1
        with Image.open(path) as image:
            found = image.getexif().get(EXIF_ORIENTATION, 1)
    except Exception:  # what else than pixels is in a file can be broken in any way, and is not worth a refusal
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def turned_size(size_px: tuple[int, int], orientation: int) -> tuple[int, int]:
    """(width, height) of a stored picture of `size_px` when it is turned as EXIF's orientation says."""
    return (size_px[1], size_px[0]) if orientation >= LYING else size_px


def turned_for(path: Path, stored_px: tuple[int, int], lens_px: tuple[int, int]) -> int:
    """EXIF's orientation of a photograph whose lens is of the picture as it is shown, not as it is stored; else 1.

    Args:
        stored_px: (width, height) on the disk.
        lens_px: (width, height) that the lens is stated for.
    """
    if same_shape(stored_px, lens_px) or not same_shape(turned_size(stored_px, LYING), lens_px):
        return 1
    # By a program that turns photographs as EXIF says. Else it was turned since, and its pose does not fit.
    orientation = exif_orientation(path)
    return orientation if orientation >= LYING else 1


def photograph_size(path: Path) -> tuple[int, int]:
    """(width, height) of an image that something is to be trained on or compared with, by its header.

    Raises:
        UserError: not an image, or too small for a score.
    """
    return large_enough(path, image_size(path))


def large_enough(path: Path, size_px: tuple[int, int]) -> tuple[int, int]:
    """`size_px`, of the pictures that `path` holds.

    Raises:
        UserError: too small for a score.
    """
    width, height = size_px
    if min(width, height) < SMALLEST_SIDE_PX:
        raise UserError(f"{path}: is {width}x{height}; photographs need at least {SMALLEST_SIDE_PX} pixels a side")
    return width, height


def same_shape(first_px: tuple[int, int], second_px: tuple[int, int]) -> bool:
    """Whether one (width, height) is a copy of the other, made smaller; neither turned nor cut."""
    (width, height), (other_width, other_height) = first_px, second_px
    return abs(math.log(width / height * other_height / other_width)) <= SAME_SHAPE


def fitted_camera(where: str, camera: Camera, size_px: tuple[int, int]) -> Camera:
    """The camera for its photograph's `size_px` (width, height), which may have been made smaller since.

    Raises:
        UserError: begins with `where`: the photograph is of another shape.
    """
    if not same_shape(size_px, camera.size_px):
        (width, height), (seen_width, seen_height) = size_px, camera.size_px
        raise UserError(
            f"{where}: is of a photograph of {seen_width}x{seen_height}, but the photograph is {width}x{height}; it "
            "was turned or cut since, and the pose does not fit any more"
        )
    return camera.resized(size_px)


def has_alpha(path: Path) -> bool:
    """Whether an image has transparency, by its header; False where it can't be read."""
    if path.suffix.lower() in HEIF_SUFFIXES:
        know_heif()
    try:
        if (header := png_header(path)) is not None:
            return header[1]
        with Image.open(path) as image:
            return "A" in image.getbands() or "transparency" in image.info
    except Exception:  # damaged in any way; whoever reads the pixels says so
        return False


def read_image(path: Path, behind: float = 1.0) -> Array:
    """[H, W, 3] float32 in [0, 1]; 8 or 16 bit or float; grey becomes RGB.

    Args:
        behind: the brightness of what transparency is laid over; 1 is white.

    Raises:
        UserError: missing, not an image that can be decoded, or with values that are no finite numbers.
    """
    require_file(path)
    with reading(path, no_image(path)):
        data = np.fromfile(path, dtype=np.uint8)
    _require_decodable(path)
    with reading(path, no_image(path)):
        image = decode(path, data)
    if image is None:
        raise UserError(f"{path}: can't be read as an image; it may be damaged")
    if image.dtype not in FULL_SCALE:
        raise UserError(f"{path}: has {image.dtype} pixels; images of 8 or 16 bit, or 32-bit float, can be read")
    if image.dtype == np.float32 and (broken := np.count_nonzero(~np.isfinite(image))):
        raise UserError(
            f"{path}: {broken} of its {image.size} values are not finite (NaN or infinite); save it again with values "
            "from 0 to 1"
        )
    pixels: Array = image.astype(np.float32) / np.float32(FULL_SCALE[image.dtype])
    if pixels.ndim == 2:
        return np.repeat(pixels[:, :, None], 3, axis=2)
    colour = pixels[:, :, 2::-1]  # OpenCV keeps blue first
    if pixels.shape[2] == 4:
        alpha = pixels[:, :, 3:]
        colour = colour * alpha + (1 - alpha) * np.float32(behind)
    return np.ascontiguousarray(colour)


def _require_decodable(path: Path) -> None:
    """A few bytes can claim a picture that fills the memory; what PIL doesn't know is left to OpenCV."""
    if path.suffix.lower() in HEIF_SUFFIXES:
        know_heif()
    try:
        if (header := png_header(path)) is not None:
            width, height = header[0]
            if width * height > MOST_PX:
                raise Image.DecompressionBombError
        else:
            with Image.open(path) as image:
                width, height = image.size
    except Image.DecompressionBombError as error:
        raise UserError(f"{path}: {NO_IMAGE} (it claims to have more pixels than any camera)") from error
    except Exception:  # damaged in any way; OpenCV says whether the pixels can be had all the same
        return
    if max(width, height) > LARGEST_SIDE_PX:
        raise UserError(f"{path}: {NO_IMAGE} ({width}x{height}; {LARGEST_SIDE_PX} pixels a side are read)")


def smaller_size(size_px: tuple[int, int], longest_px: int) -> tuple[int, int]:
    """(width, height) of the same shape, no side longer than `longest_px`; never larger."""
    scale = min(1.0, longest_px / max(size_px))
    return max(1, round(size_px[0] * scale)), max(1, round(size_px[1] * scale))


def resize_area(image: Array, size_px: tuple[int, int]) -> Array:
    """The image [H, W] or [H, W, C] at (width, height): area averages when shrinking, as in DeepVoxels; else linear."""
    if (image.shape[1], image.shape[0]) == size_px:
        return image
    return np.asarray(cv2.resize(image, size_px, interpolation=cv2.INTER_AREA))


def shrunk(image: Array, longest_px: int) -> Array:
    """The image [H, W] or [H, W, C] with no side longer than `longest_px`, in its own shape; never larger."""
    return resize_area(image, smaller_size((image.shape[1], image.shape[0]), longest_px))


def resize_nearest(image: Array, size_px: tuple[int, int]) -> Array:
    """The image [H, W, ...] at (width, height), each pixel the one that lies at its middle."""
    height, width = image.shape[:2]
    columns, rows = (
        np.minimum(((np.arange(new) + 0.5) * old / new).astype(np.int64), old - 1)
        for new, old in zip(size_px, (width, height), strict=True)
    )
    return image if (width, height) == size_px else np.ascontiguousarray(image[rows[:, None], columns])


def resize_lanczos(image: Array, size_px: tuple[int, int]) -> Array:
    """The image [H, W, 3] at (width, height), by way of bytes: PIL's Lanczos, as the authors of Mask Volume do."""
    if (image.shape[1], image.shape[0]) == size_px:
        return image
    resized = Image.fromarray(to_uint8(image)).resize(size_px, Image.Resampling.LANCZOS)
    return np.asarray(resized).astype(np.float32) / np.float32(255)


def to_uint8(image: Array) -> Array:
    """Rounds [0, 1] floats to bytes; what lies outside is clamped, NaN is black."""
    return np.asarray((np.nan_to_num(np.clip(image, 0, 1)) * 255 + 0.5).astype(np.uint8))


def to_linear(srgb: Array) -> Array:
    """Linear light of sRGB values in [0, 1], of any shape (IEC 61966-2-1)."""
    return np.asarray(np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4))


def to_srgb(linear: Array) -> Array:
    """sRGB in [0, 1] of linear light, of any shape; what is outside is clipped first."""
    clipped = np.clip(linear, 0, 1)
    return np.asarray(np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055))


def png_bytes(image: Array, text: Mapping[str, str] | None = None, compress_level: int = 6) -> bytes:
    """Bytes or whole numbers of 16 bits [H, W], bytes [H, W, 3] or [H, W, 4], as PNG with `text` in its metadata.

    Args:
        compress_level: 1 (fast) to 9 (small).
    """
    # What only reads pictures does without it.
    import imageio.v3 as imageio

    info = PngImagePlugin.PngInfo()
    for key, value in (text or {}).items():
        info.add_itxt(key, value)
    # Into memory: on a full disk imageio prints the error once more than it raises it.
    options: dict[str, Any] = {"plugin": "pillow", "pnginfo": info, "compress_level": compress_level}
    return bytes(imageio.imwrite("<bytes>", image, extension=".png", **options))


def write_png(path: Path, image: Array, text: Mapping[str, str] | None = None) -> None:
    """Writes bytes [H, W, 3] or [H, W], or [H, W] of 16 bits, as PNG, with `text` in its metadata, atomically.

    Raises:
        UserError: the place can't be written.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(png_bytes(image, text))
