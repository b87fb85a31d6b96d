"""Where pictures are: those that are stored, those of the guide, and new ones with their differences beside them."""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from app.gui.main_window.thumbnails import QUALITY
from engines.core.camera import Array
from engines.core.data.images import write_png
from engines.core.files import replacing
from tests.pictures.comparing import Difference, Tolerance, compare, heat

REPOSITORY = Path(__file__).resolve().parents[2]
STORED = Path(__file__).parent / "stored"
NEW = REPOSITORY / "out" / "pictures"
"""Not in the repository: what was drawn last, where it differs."""
DRAWING = "VANTAGE_DRAW_PICTURES"
"""Set where pictures are only to be drawn, to the folder that they go to."""
COMMAND = "python -m tests.pictures"
GAP_PX, GAP_RGB = 8, (128, 0, 128)
SUFFIXES = {"docs": ".png", "checkpoints": ".jpg"}
"""Of pictures that are part of the program, by their folder."""
MOST_BYTES = 300_000
"""Of a page's picture: one that needs more has 256 colours."""


@dataclass(frozen=True)
class Verdict:
    """What was found of one picture; `text` is "" where it is as it was."""

    name: str
    text: str


def stored_path(name: str) -> Path:
    """The place of a stored picture; of one with a folder in its name, that in the repository."""
    folder, _, rest = name.rpartition("/")
    return REPOSITORY / folder / f"{rest}{SUFFIXES[folder]}" if folder else STORED / f"{name}.webp"


def read(path: Path) -> Array:
    """[H, W, 3] uint8."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def store(name: str, pixels: Array) -> None:
    """Stores [H, W, 3] uint8: without loss, but for pages' pictures of many colours, and stills of demo scenes."""
    path = stored_path(name)
    with replacing(path) as temporary:
        temporary.write_bytes(encoded(Image.fromarray(pixels), path.suffix))


def encoded(image: Image.Image, suffix: str) -> bytes:
    """What a file of this suffix holds."""
    if suffix == ".jpg":
        return _saved(image, "JPEG", quality=QUALITY)
    if suffix == ".png":
        whole = _saved(image, "PNG", optimize=True)
        return whole if len(whole) <= MOST_BYTES else _saved(image.quantize(256), "PNG", optimize=True)
    # A third of what a PNG of a window takes; it takes a second or two to find.
    return _saved(image, "WEBP", lossless=True, quality=100, method=6)


def _saved(image: Image.Image, form: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def judge(name: str, pixels: Array, tolerance: Tolerance) -> Verdict:
    """Compares [H, W, 3] `pixels` with the stored picture; leaves both and the difference in `NEW` if they differ."""
    if not stored_path(name).exists():
        write_png(NEW / f"{name}.png", pixels)
        return Verdict(name, f"{name}: is not stored yet")
    stored = read(stored_path(name))
    found = compare(stored, pixels, tolerance)
    if not found.differs:
        return Verdict(name, "")
    write_png(NEW / f"{name}.png", pixels)
    beside = NEW / f"{name}-compared.png"
    write_png(beside, side_by_side(stored, pixels, found))
    return Verdict(name, f"{name}: {found.text}; stored, new and difference: {beside}")


def side_by_side(stored: Array, new: Array, found: Difference) -> Array:
    """[H, W, 3] uint8: the stored picture, the new one, and where they differ."""
    parts = [stored, new] if found.excess is None else [stored, new, heat(new, found)]
    height = max(part.shape[0] for part in parts)
    width = sum(part.shape[1] for part in parts) + GAP_PX * (len(parts) - 1)
    sheet = np.full((height, width, 3), GAP_RGB, dtype=np.uint8)
    left = 0
    for part in parts:
        sheet[: part.shape[0], left : left + part.shape[1]] = part
        left += part.shape[1] + GAP_PX
    return sheet


def drawing_to() -> Path | None:
    """The folder that pictures are only drawn to, if so."""
    chosen = os.environ.get(DRAWING)
    return Path(chosen) if chosen else None


def write_page(verdicts: Sequence[Verdict]) -> Path:
    """A page of all that differs, to be opened in a browser."""
    rows = "".join(
        f"<h2>{html.escape(verdict.text.split('; stored')[0])}</h2>"
        f"<img src='{verdict.name}-compared.png' onerror=\"this.src='{verdict.name}.png'\">"
        for verdict in verdicts
        if verdict.text
    )
    style = "body { font-family: sans-serif; margin: 2em } img { max-width: 100% } h2 { font-size: 1em }"
    page = NEW / "index.html"
    with replacing(page) as temporary:
        temporary.write_text(
            f"<!doctype html><meta charset='utf-8'><title>Pictures</title><style>{style}</style>"
            f"<h1>Stored | new | difference</h1>{rows or '<p>All as stored.</p>'}",
            encoding="utf-8",
        )
    return page
