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
from engines.core.device import to_host
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
    rims = torch.cat([_rim(image.detach(), border_px).float().cpu() for image in images])
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
        image = image.detach()
        # Pictures smaller than the border, as the coarsest are, have nothing else.
        border_px = self._border_px if 2 * self._border_px < min(image.shape[:2]) else 0
        found = plain_background([image], border_px)
        if found is not None:
            self._colour = found
        if self._colour is None:
            return None
        mask = background_pixels(image, self._colour, border_px).numpy()
        return mask if mask.any() else None


def without(frame: Frame, background: Array | None) -> Frame:
    """The frame, its depth infinite in the background [H, W], where methods invent one."""
    if background is None or frame.depth is None:
        return frame
    height, width = frame.depth.shape
    mask = background
    if mask.shape != (height, width):
        mask = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) >= 0.5
    gone = torch.from_numpy(np.ascontiguousarray(mask)).to(frame.depth.device)
    return replace(frame, depth=frame.depth.masked_fill(gone, torch.inf))


def _rim(image: Tensor, border_px: int) -> Tensor:
    """[N, 3] the outermost pixels that count."""
    end = -border_px or None
    inner = image[border_px:end, border_px:end]
    return torch.cat([inner[0], inner[-1], inner[:, 0], inner[:, -1]])


def background_pixels(image: Tensor, colour: Tensor, border_px: int = 0) -> Tensor:
    """[H, W] bool: pixels of the background's colour that hang together with the picture's rim.

    What is white on the object stays, as long as something of another colour is around it.
    """
    # In bytes and by OpenCV: a picture that is drawn in 10 ms must not wait longer than that for this.
    pixels = np.ascontiguousarray(_bytes(image))
    red, green, blue = cv2.split(cv2.absdiff(pixels, np.full_like(pixels, _bytes(colour))))
    difference = cv2.max(cv2.max(red, green), blue)
    like = np.asarray(cv2.inRange(difference, 0, LIKE * 255), dtype=np.uint8)
    if border_px:
        # What was never taught there must not cut the background off from the rim.
        like[:border_px] = like[-border_px:] = 255
        like[:, :border_px] = like[:, -border_px:] = 255
    found = _from_rim(like)
    # A blurred outline ends where half of it is background.
    mostly = cv2.compare(cv2.add(difference, difference), cv2.dilate(difference, _square(BLUR_PX)), cv2.CMP_LT)
    for _ in range(BLUR_PX):
        found = np.asarray(cv2.bitwise_or(found, cv2.bitwise_and(mostly, cv2.dilate(found, _square(1)))))
    return torch.from_numpy(found > 0)


def _bytes(values: Tensor) -> Array:
    """Values of [0, 1] as bytes."""
    return np.asarray(to_host((values.detach().float() * 255 + 0.5).clamp(0, 255).to(torch.uint8)).numpy())


def _from_rim(mask: Array) -> Array:
    """[H, W] 255 where pixels of the mask hang together with the picture's rim, else 0."""
    height, width = mask.shape
    # One ring of pixels around joins all that touches the rim: one fill reaches it.
    ringed = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(255.0,))
    cv2.floodFill(ringed, None, (0, 0), (128.0,))
    return np.asarray(cv2.inRange(ringed[1 : height + 1, 1 : width + 1], 128, 128), dtype=np.uint8)


def _square(reach: int) -> Array:
    """Pixels within `reach`."""
    return np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
