"""Folders of numbered images and arrays, which appear when they are complete or not at all."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from engines.core.camera import Array
from engines.core.data.images import png_bytes
from engines.core.errors import UserError
from engines.core.files import unfinished

CAMERAS_NAME = "cameras.json"


def take_place(folder: Path, out: Path) -> None:
    """Puts a folder into the place of `out`, and of the earlier export that is there."""
    old = unfinished(out).with_suffix(".old")
    try:
        if out.exists():
            out.replace(old)
        folder.replace(out)
    finally:
        if old.exists() and not out.exists():
            old.replace(out)
        shutil.rmtree(old, ignore_errors=True)


def require_free(out: Path) -> None:
    """Whether an export may take this place: an earlier one is replaced, somebody's other files never are.

    Raises:
        UserError: says what is there.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise UserError(f"{out}: is a file; name a folder, or a video by its suffix")
    names = sorted(path.name for path in out.iterdir())
    foreign = [name for name in names if name != CAMERAS_NAME and not re.fullmatch(r"\w+_\d{5,}\.(png|npy|exr)", name)]
    if foreign or (names and CAMERAS_NAME not in names):
        raise UserError(f"{out}: holds other files ({(foreign or names)[0]}); name a new or an empty folder")


def write_image(to: Path | BinaryIO, pixels: Array) -> None:
    """Writes bytes [H, W, 3] or [H, W, 4] as PNG."""
    # 3: four times as fast as the default, and a tenth larger.
    content = png_bytes(pixels, compress_level=3)
    to.write_bytes(content) if isinstance(to, Path) else to.write(content)


def write_deep_colour(path: Path, values: Array) -> None:
    """Writes [H, W, 3] or [H, W, 4] uint16 as PNG of 16 bits; Pillow has no such pictures."""
    order = [2, 1, 0, 3][: values.shape[2]]
    done, content = cv2.imencode(".png", values[..., order], [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not done:
        raise ValueError(f"OpenCV can't encode {values.shape} of {values.dtype} as PNG")
    path.write_bytes(content.tobytes())


def write_deep_grey(path: Path, values: Array, text: Mapping[str, str]) -> None:
    """Writes [H, W] uint16 as PNG of 16 bits, with `text` in its metadata."""
    path.write_bytes(png_bytes(values, text, compress_level=3))


def write_array(path: Path, values: Array) -> None:
    """Writes numbers [...] of any shape as .npy."""
    content = io.BytesIO()
    np.save(content, values)
    # Not np.save to the path: on a full disk numpy's own error does not say so.
    path.write_bytes(content.getbuffer())
