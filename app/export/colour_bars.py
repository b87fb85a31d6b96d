"""Colour bars in pictures: the colours of a channel with ticks at round numbers, its name and its unit."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from app.export.labels import LEAST_PX, MOST_PX, fitting, lay_over
from app.rendering.display import Pixels, colour_bar
from app.viewing.colour_scale import ColourScale, round_ticks

LETTER_SHARE = 1 / 36
"""How high letters are, of the picture's height, between those of `labels`."""
BAR_SHARE, ROOM_SHARE = 0.42, 0.9
"""How high the colours are, of the picture's height, and how wide the plate at most, of its width."""
LETTERS_A_TICK = 3.5
"""So many letters' heights from one tick to the next, at least."""
TICK_SHARE = 0.35
"""How long a tick is, of a letter's height."""
Font = ImageFont.ImageFont | ImageFont.FreeTypeFont
WHITE, FAINT, DARK = (255, 255, 255, 255), (205, 205, 205, 255), (0, 0, 0, 190)


def with_colour_bar(pixels: Pixels, scale: ColourScale) -> Pixels:
    """A picture with the scale of its colours in its lower right corner.

    Args:
        pixels: [H, W, 3], or [H, W, 4] of straight alpha; it stays as it is.
    """
    height, width = pixels.shape[:2]
    letter_px = round(min(max(height * LETTER_SHARE, LEAST_PX), MOST_PX))
    plate = colour_plate(scale, letter_px, round(BAR_SHARE * height), round(ROOM_SHARE * width))
    high, wide = min(height, plate.shape[0]), min(width, plate.shape[1])
    margin = min(letter_px // 2, height - high, width - wide)
    shown = pixels.copy()
    part = plate[:high, :wide].astype(np.float32)
    place = shown[height - margin - high : height - margin, width - margin - wide : width - margin]
    lay_over(place, part[..., :3], part[..., 3:] / 255)
    return shown


@lru_cache(maxsize=16)
def colour_plate(scale: ColourScale, letter_px: int, bar_px: int, room_px: int) -> Pixels:
    """[h, w, 4] straight RGBA: the colours, lowest value at their foot, on a dark plate; not to be written to.

    Args:
        letter_px: how high letters are.
        bar_px: how high the colours are.
        room_px: how wide it may be, at most; names that are longer are shortened.
    """
    font, pad = ImageFont.load_default(letter_px), max(3, letter_px // 2)
    line_px, bar_px = int(np.ceil(font.getbbox("Åj")[3])) + 1, max(bar_px, 2 * letter_px)
    heads = [_shortened(text, font, room_px - 2 * pad) for text in (scale.title, scale.unit) if text]
    ticks = round_ticks(scale.limits, max(2, round(bar_px / (LETTERS_A_TICK * letter_px))))
    tick_px = max(2, round(TICK_SHARE * letter_px))
    labels_left = pad + letter_px + 2 * tick_px
    ends = [pad + font.getlength(text) for text in heads]
    ends += [labels_left + font.getlength(text) for _, text in ticks]
    # Labels at the ends are half as high beyond the colours.
    top = pad + line_px * len(heads) + line_px // 2
    size = int(np.ceil(max(ends))) + pad, top + bar_px + line_px // 2 + pad
    plate = Image.new("RGBA", size, DARK)
    draw = ImageDraw.Draw(plate)
    for number, text in enumerate(heads):
        draw.text((pad, pad + number * line_px), text, fill=WHITE if number == 0 else FAINT, font=font)
    plate.paste(Image.fromarray(colour_bar(bar_px, letter_px, scale.channel, scale.colour_map)), (pad, top))
    for value, text in ticks:
        y = top + round((1 - scale.share(value)) * (bar_px - 1))
        draw.line([(pad + letter_px, y), (pad + letter_px + tick_px, y)], fill=WHITE)
        draw.text((labels_left, y), text, fill=WHITE, font=font, anchor="lm")
    made = np.asarray(plate)
    made.setflags(write=False)
    return made


def _shortened(text: str, font: Font, room_px: int) -> str:
    return fitting(text, lambda part: font.getlength(part) <= room_px)
