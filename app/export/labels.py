"""Names written over pictures: which scene, and which channel, is where."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from app.rendering.display import Pixels
from engines.core.camera import Array

LETTER_SHARE, LEAST_PX, MOST_PX = 1 / 24, 9, 48
"""How high letters are, of the picture's height, and at least and at most."""
MOST_SHARE = 0.94
"""Of the picture's width that a name may take; the middle of a longer one is left out."""
PLATE = 160
"""How dark the plate behind the letters is, of 255."""


def labelled(pixels: Pixels, left: str, right: str = "") -> Pixels:
    """A picture with a name in its upper left corner, and one in its right.

    Args:
        pixels: [H, W, 3], or [H, W, 4] of straight alpha; it stays as it is.
        left, right: "": none.
    """
    shown = pixels.copy()
    height, width = pixels.shape[:2]
    room = width * (MOST_SHARE if not (left and right) else MOST_SHARE / 2)
    for text, is_right in ((left, False), (right, True)):
        if not text:
            continue
        tag = _tag(text, height, int(room))
        high, wide = min(height, tag.shape[0]), min(width, tag.shape[1])
        margin = min(tag.shape[0] // 4, max(0, height - high), max(0, (width - wide) // 2))
        x = width - wide - margin if is_right else margin
        light, opacity = (tag[:high, :wide, layer, None].astype(np.float32) for layer in range(2))
        lay_over(shown[margin : margin + high, x : x + wide], light, opacity / 255)
    return shown


def lay_over(place: Pixels, colours: Array, opacity: Array) -> None:
    """Lays colours [h, w, 1 or 3] of 0 to 255, opacity [h, w, 1] of 0 to 1, over a part [h, w, 3 or 4] of a picture."""
    if place.shape[2] == 4:
        below = place[..., 3:].astype(np.float32) / 255
        whole = opacity + below * (1 - opacity)
        share = opacity / np.maximum(whole, 1e-6)
        place[..., :3] = np.round(colours * share + place[..., :3] * (1 - share)).astype(np.uint8)
        place[..., 3:] = np.round(whole * 255).astype(np.uint8)
    else:
        place[...] = np.round(colours * opacity + place * (1 - opacity)).astype(np.uint8)


@lru_cache(maxsize=16)
def _tag(text: str, height: int, room: int) -> Pixels:
    """[h, w, 2] light and opacity of white letters on a dark plate, for a picture of that height."""
    size = round(min(max(height * LETTER_SHARE, LEAST_PX), MOST_PX))
    font = ImageFont.load_default(size)
    pad = max(2, size // 3)
    text = fitting(text, lambda part: font.getlength(part) + 2 * pad <= room)
    # Of letters that reach up and down as far as any.
    low = font.getbbox("Åj")[3]
    wide, high = int(np.ceil(font.getlength(text))) + 2 * pad, int(np.ceil(low)) + pad
    letters = Image.new("L", (wide, high))
    ImageDraw.Draw(letters).text((pad, pad // 2), text, fill=255, font=font)
    light = np.asarray(letters)
    return np.stack([light, np.maximum(light, np.uint8(PLATE))], axis=2)


def fitting(text: str, fits: Callable[[str], bool]) -> str:
    """The text, or as much of its two ends as fits; a letter at least."""
    shorter = (f"{text[: (kept + 1) // 2]}…{text[len(text) - kept // 2 :]}" for kept in range(len(text) - 1, 1, -1))
    return next((each for each in (text, *shorter) if fits(each)), text[:1])
