"""A plain background: what lies at the rim of all pictures in one colour.

Most methods learn objects on white, and give the white a depth like any other. Left in, it makes walls.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

LIKE = 0.1
"""Difference from the background's colour, in any channel, up to which a pixel may belong to it."""
BLUR_PX = 2
"""So far into the background an object's outline may be blurred."""
RIM_SHARE = 0.9
"""Of all pixels at the pictures' rims: so many must have one colour for it to be a background."""


def plain_background(images: Sequence[Tensor], border_px: int = 0) -> Tensor | None:
    """[3] the one colour at the rim of all pictures; None where there is none.

    Args:
        images: each [H, W, 3].
        border_px: outermost pixels that don't count.
    """
    rims = torch.cat([_rim(image.detach().cpu().float(), border_px) for image in images])
    colour = rims.median(dim=0).values
    like = ((rims - colour).abs() < LIKE).all(dim=1).float().mean()
    return colour if like >= RIM_SHARE else None


def _rim(image: Tensor, border_px: int) -> Tensor:
    """[N, 3] the outermost pixels that count."""
    end = -border_px or None
    inner = image[border_px:end, border_px:end]
    return torch.cat([inner[0], inner[-1], inner[:, 0], inner[:, -1]])


def background_pixels(image: Tensor, colour: Tensor, border_px: int = 0) -> Tensor:
    """[H, W] bool: pixels of the background's colour that hang together with the picture's rim.

    What is white on the object stays, as long as something of another colour is around it.
    """
    difference = (image.detach().cpu().float() - colour).abs().amax(dim=2)
    like = difference < LIKE
    if border_px:
        # What was never taught there must not cut the background off from the rim.
        like[:border_px] = like[-border_px:] = True
        like[:, :border_px] = like[:, -border_px:] = True
    count, labels = cv2.connectedComponents(like.numpy().astype(np.uint8), connectivity=4)
    at_rim = np.zeros(count, dtype=bool)
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        at_rim[side] = True
    at_rim[0] = False
    found = torch.from_numpy(at_rim[labels])
    # A blurred outline ends where half of it is background.
    mostly = difference < _largest(difference, BLUR_PX) / 2
    for _ in range(BLUR_PX):
        found = found | (mostly & (_largest(found.float(), 1) > 0))
    return found


def _largest(values: Tensor, reach: int) -> Tensor:
    """[H, W] the largest value within `reach` pixels."""
    return F.max_pool2d(values[None, None], 2 * reach + 1, stride=1, padding=reach)[0, 0]
