"""What lies behind a picture that has an opacity: a colour or a checkerboard, and the picture laid over it.

Of a frame with a `backdrop` the image is what covers, times the opacity, over that colour; what it is over another
follows from the difference of the two. Straight colours are those that no opacity was multiplied with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from PIL import ImageColor
from torch import Tensor

from app.rendering.display import Pixels
from engines.core.errors import UserError
from engines.core.frame import ALPHA, BLACK, WHITE, Colour, Frame

AS_IT_IS = ""
"""The background that leaves pictures as the scene has them."""
TRANSPARENT = "transparent"
"""The background that leaves what is behind the picture open, in files."""
CHECKERBOARD = "checkerboard"
COLOURS: Mapping[str, Colour] = {"white": WHITE, "black": BLACK}
"""The colours with names of their own; all names of CSS and #rrggbb are colours, too."""
CHECKS = 32
"""Squares of the checkerboard along the longer side of a picture."""
CHECK_GREYS = (0.8, 0.6)
NO_COLOUR = "is no colour; write white, black, checkerboard, a name of CSS or #rrggbb"
LEAST_ALPHA = 1e-6
"""Colours of what covers less can't be told from rounding."""


def read_background(text: str) -> str:
    """A background as it is kept: a name of `COLOURS`, `CHECKERBOARD`, or "#rrggbb".

    Raises:
        UserError: it is no colour.
    """
    name = text.strip().lower()
    if name in (*COLOURS, CHECKERBOARD):
        return name
    named = ImageColor.colormap.get(name, name)
    found = named if isinstance(named, str) else "#{:02x}{:02x}{:02x}".format(*named)
    if not re.fullmatch("#[0-9a-f]{6}", found):
        raise UserError(f"background {text!r} {NO_COLOUR}")
    return found


def colour_of(background: str) -> Colour:
    """The colour of a background of `read_background` that is no checkerboard.

    Raises:
        UserError: it is no colour.
    """
    background = read_background(background)
    if (known := COLOURS.get(background)) is not None:
        return known
    red, green, blue = (value / 255 for value in bytes.fromhex(background.removeprefix("#")))
    return red, green, blue


def backdrop_of(background: str, size_px: tuple[int, int]) -> Tensor:
    """[H, W, 3] or [3] float32: what of a background of `read_background` is behind a picture of (width, height).

    Raises:
        UserError: it is no colour.
    """
    if read_background(background) != CHECKERBOARD:
        return torch.tensor(colour_of(background))
    width, height = size_px
    # As many squares whatever the size: a picture that is reduced keeps its checkerboard.
    across, down = (((np.arange(side) + 0.5) * CHECKS / max(size_px)).astype(int) for side in (width, height))
    odd = torch.from_numpy((down[:, None] + across[None, :]) % 2)
    return torch.tensor(CHECK_GREYS)[odd][..., None].expand(height, width, 3)


def backdrop_pixels(background: str, size_px: tuple[int, int]) -> Pixels:
    """[H, W, 3] bytes of what of a background is behind a picture of (width, height)."""
    values = (backdrop_of(background, size_px) * 255 + 0.5).to(torch.uint8)
    return np.ascontiguousarray(values.expand(size_px[1], size_px[0], 3).numpy())


def opacity(frame: Frame) -> Tensor | None:
    """[H, W, 1] in [0, 1]; None where the frame has none."""
    alpha = frame.extra.get(ALPHA)
    return None if alpha is None else alpha.reshape(*frame.image.shape[:2], 1).clamp(0, 1)


def over(frame: Frame, background: str) -> Frame:
    """The frame with its image over a background of `read_background`; unchanged where it has no opacity."""
    alpha = opacity(frame)
    if background in (AS_IT_IS, TRANSPARENT) or alpha is None:
        return frame
    height, width = frame.image.shape[:2]
    behind = backdrop_of(background, (width, height)).to(frame.image)
    if frame.backdrop is None:
        return replace(frame, image=frame.image * alpha + behind * (1 - alpha))
    return replace(frame, image=frame.image + (1 - alpha) * (behind - behind.new_tensor(frame.backdrop)))


def straight(frame: Frame) -> Frame:
    """The frame with straight colours; where nothing covers, those of its backdrop stay."""
    alpha = opacity(frame)
    if alpha is None or frame.backdrop is None:
        return frame
    behind = frame.image.new_tensor(frame.backdrop)
    colours = (frame.image - (1 - alpha) * behind) / alpha.clamp_min(LEAST_ALPHA)
    # What is opaque has its colours as they are; division may round them.
    image = torch.where((alpha > LEAST_ALPHA) & (alpha < 1), colours.clamp(0, 1), frame.image)
    return replace(frame, image=image, backdrop=None)
