"""Whether two pictures look the same: what is rounded otherwise does; what moved, is missing or recoloured does not."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engines.core.camera import Array

HEAT_RGB = (255, 0, 64)


@dataclass(frozen=True)
class Tolerance:
    """What may differ.

    Attributes:
        mean: of the signed difference about a pixel, 3 by 3 pixels, in any channel, of 255.
        pixels: so many may differ by more.
    """

    mean: float
    pixels: int = 0


@dataclass(frozen=True)
class Difference:
    """What was found.

    Attributes:
        text: in words, "" where it is within the tolerance.
        excess: [H, W] bool, where it is not; None of pictures of different sizes.
    """

    text: str
    excess: Array | None

    @property
    def differs(self) -> bool:
        """Whether the pictures are not the same."""
        return bool(self.text)


def compare(stored: Array, new: Array, tolerance: Tolerance) -> Difference:
    """How [H, W, 3] uint8 `new` differs from `stored`."""
    if stored.shape != new.shape:
        (height, width), (now_high, now_wide) = stored.shape[:2], new.shape[:2]
        return Difference(f"is {now_wide} x {now_high} pixels, not {width} x {height}", None)
    means = local_means(stored, new)
    excess = means > tolerance.mean
    count = int(excess.sum())
    if count <= tolerance.pixels:
        return Difference("", excess)
    rows, columns = np.nonzero(excess)
    where = f"columns {columns.min()} to {columns.max()}, rows {rows.min()} to {rows.max()}"
    return Difference(f"{count} pixels differ ({where}), by up to {means.max():.0f} of 255", excess)


def local_means(stored: Array, new: Array) -> Array:
    """[H, W] the largest channel of the mean signed difference in 3 by 3 pixels, without its sign."""
    difference = new.astype(np.float32) - stored.astype(np.float32)
    means: Array = np.abs(cv2.blur(difference, (3, 3), borderType=cv2.BORDER_REFLECT)).max(axis=-1)
    return means


def heat(new: Array, found: Difference) -> Array:
    """[H, W, 3] uint8: `new`, faint and grey, with what differs marked."""
    grey = np.repeat((160 + new.mean(axis=-1, keepdims=True) / 3).astype(np.uint8), 3, axis=-1)
    if found.excess is not None:
        near = cv2.dilate(found.excess.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        grey[near] = HEAT_RGB
    return grey
