"""Soft colours for the parts of a preview that the source picture did not see."""

from __future__ import annotations

import cv2
import numpy as np

from app.display import Pixels
from engines.core.camera import Array

# Holes are filled at this size, on the longer side, and enlarged: soft, and cheap at any size.
FILL_PX = 192
# What has less than this part of the nearest thing's inverse depth is background: it goes on behind everything.
BACKGROUND = 0.02
# Around a hole, a surface this much nearer than the farthest one is in front of it and lends no colour.
IN_FRONT = 0.1
# How far around a pixel the farthest surface is sought, in pixels of the small picture.
FAR_WINDOW = 15


def fill(warped: Pixels, seen: Array, inverse: Array, behind: Array) -> Pixels:
    """[H, W, 3] smooth colours, right in the holes: of the background, or of the farther surfaces around.

    Args:
        warped: [H, W, 4] RGB, and 0 where it lies outside the source.
        seen: [H, W] float32, how far to trust the colour, in [0, 1].
        inverse: [H, W] float32 inverse depth; 0 is background.
        behind: [H, W] float32 inverse depth of what a hole shows.
    """
    height, width = seen.shape
    step = max(1, round(max(height, width) / FILL_PX))
    warped, seen, inverse, behind = (a[::step, ::step] for a in (warped, seen, inverse, behind))
    infinite = BACKGROUND * (float(inverse.max()) or 1.0)
    # Background goes on beyond the border as it was there.
    endless = np.where((warped[..., 3] == 0) & (inverse < infinite), np.float32(1), seen)
    background = _soft(warped, np.where(inverse < infinite, endless, np.float32(0)))
    is_background = cv2.blur((behind < infinite).astype(np.float32), (3, 3))
    surfaces = _soft(warped, seen * _at_the_back(inverse, seen, infinite))
    mixed = cv2.blendLinear(background, surfaces, is_background, 1 - is_background)
    return np.asarray(cv2.resize(mixed, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _at_the_back(inverse: Array, seen: Array, infinite: float) -> Array:
    """[H, W] 1 where a surface is the farthest around, falling to 0 where it stands in front; 0 for background."""
    known = (inverse >= infinite) & (seen > 0)
    farthest = cv2.erode(np.where(known, inverse, np.float32(1e30)), np.ones((FAR_WINDOW, FAR_WINDOW), np.uint8))
    excess = np.where(known, inverse, 0) / farthest - 1
    return np.where(known, np.exp(-excess / IN_FRONT), 0).astype(np.float32)


def _soft(warped: Pixels, weight: Array) -> Pixels:
    """[H, W, 3] the colours [H, W, 4] where `weight` [H, W] is large, smoothly continued where it is small."""
    height, width = weight.shape
    premultiplied = np.dstack([warped[..., :3] * weight[..., None], weight]).astype(np.float32)
    half = cv2.resize(premultiplied, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
    colours = np.clip(_push_pull(half) + 0.5, 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(colours, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _push_pull(premultiplied: Array) -> Array:
    """[H, W, 3] colours, taken from ever coarser averages where the weight is small (Gortler et al. 1996, 5.3.2).

    Args:
        premultiplied: [H, W, 4] colour times weight, and weight.
    """
    premultiplied = premultiplied.reshape(*premultiplied.shape[:2], 4)
    height, width = premultiplied.shape[:2]
    weight = premultiplied[..., 3:]
    own = premultiplied[..., :3] / np.maximum(weight, 1e-6)
    if max(height, width) == 1:
        return np.asarray(own)
    half = cv2.resize(premultiplied, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(_push_pull(half), (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width, 3)
    trust = np.minimum(weight, 1)
    return np.asarray(own * trust + coarse * (1 - trust))
