"""A plain background: what lies at the rim of all pictures in one colour.

Most methods learn objects on white, and give the white a depth like any other. Left in, it makes walls of a mesh, and
fog of a preview.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
import torch
from torch import Tensor

from engines.core.camera import Array
from engines.core.frame import Frame

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


class PlainBackground:
    """What is known of a scene's plain background, one picture after the other.

    A picture that an object fills to its rim tells nothing by itself; the colour is known from those before.
    """

    def __init__(self, border_px: int = 0) -> None:
        """`border_px`: outermost pixels of the scene's pictures that don't count."""
        self._border_px = border_px
        self._colour: Tensor | None = None

    def pixels(self, image: Tensor) -> Array | None:
        """[H, W] bool: the background in [H, W, 3] `image`; None where there is none."""
        image = image.detach().cpu().float()
        # Pictures smaller than the border, as the coarsest are, have nothing else.
        border_px = self._border_px if 2 * self._border_px < min(image.shape[:2]) else 0
        found = plain_background([image], border_px)
        if found is not None:
            self._colour = found
        if self._colour is None:
            return None
        mask = background_pixels(image, self._colour, border_px).numpy()
        return mask if mask.any() else None

    def removed(self, frame: Frame) -> tuple[Frame, Array | None]:
        """The frame, its depth infinite in the background, where methods invent one; and `pixels` of its image."""
        background = self.pixels(frame.image)
        if background is None or frame.depth is None:
            return frame, background
        height, width = frame.depth.shape
        mask = background
        if mask.shape != (height, width):
            mask = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) >= 0.5
        gone = torch.from_numpy(np.ascontiguousarray(mask)).to(frame.depth.device)
        return replace(frame, depth=frame.depth.masked_fill(gone, torch.inf)), background


def _rim(image: Tensor, border_px: int) -> Tensor:
    """[N, 3] the outermost pixels that count."""
    end = -border_px or None
    inner = image[border_px:end, border_px:end]
    return torch.cat([inner[0], inner[-1], inner[:, 0], inner[:, -1]])


def background_pixels(image: Tensor, colour: Tensor, border_px: int = 0) -> Tensor:
    """[H, W] bool: pixels of the background's colour that hang together with the picture's rim.

    What is white on the object stays, as long as something of another colour is around it.
    """
    # In numpy: torch's threads take turns with the scene's, which made this a hundred times slower.
    difference = np.abs(image.detach().cpu().float().numpy() - colour.cpu().float().numpy()).max(axis=2)
    like = (difference < LIKE).astype(np.uint8)
    if border_px:
        # What was never taught there must not cut the background off from the rim.
        like[:border_px] = like[-border_px:] = 1
        like[:, :border_px] = like[:, -border_px:] = 1
    count, labels = cv2.connectedComponents(like, connectivity=4)
    at_rim = np.zeros(count, dtype=np.uint8)
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        at_rim[side] = 1
    at_rim[0] = 0
    found = at_rim[labels]
    # A blurred outline ends where half of it is background.
    mostly = (difference < cv2.dilate(difference, _square(BLUR_PX)) / 2).astype(np.uint8)
    for _ in range(BLUR_PX):
        found |= mostly & cv2.dilate(found, _square(1))
    return torch.from_numpy(found > 0)


def _square(reach: int) -> Array:
    """Pixels within `reach`."""
    return np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
