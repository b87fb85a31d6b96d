"""Where pictures are: those that are stored, and new ones with their differences beside them."""

from __future__ import annotations

import html
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

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


@dataclass(frozen=True)
class Verdict:
    """What was found of one picture; `text` is "" where it is as it was."""

    name: str
    text: str


def stored_path(name: str) -> Path:
    """The place of a stored picture."""
    return STORED / f"{name}.webp"


def read(path: Path) -> Array:
    """[H, W, 3] uint8."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def store(name: str, pixels: Array) -> None:
    """Stores [H, W, 3] uint8 without loss."""
    with replacing(stored_path(name)) as temporary, temporary.open("wb") as file:
        # A third of what a PNG of a window takes; it takes a second or two to find.
        Image.fromarray(pixels).save(file, "WEBP", lossless=True, quality=100, method=6)


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
