"""Hole filling: soft colours for disocclusions, the parts of a preview that the source picture did not see."""

from __future__ import annotations

import cv2
import numpy as np

from app.rendering.display import Pixels
from engines.core.camera import Array

# Holes are filled at this size, on the longer side, and enlarged: soft, and cheap at any size.
FILL_PX = 128
# What has less than this part of the nearest thing's inverse depth is background: it goes on behind everything.
BACKGROUND = 0.02
# A surface nearer than what a hole shows by this part of it is in front of it, and lends it little colour.
IN_FRONT = 0.1


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
    surfaces = _soft(warped, seen * _at_the_back(inverse, seen, behind, infinite))
    mixed = cv2.blendLinear(background, surfaces, is_background, 1 - is_background)
    return np.asarray(cv2.resize(mixed, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _at_the_back(inverse: Array, seen: Array, behind: Array, infinite: float) -> Array:
    """[H, W] 1 where a surface is as far as the holes around it show, to 0 in front of them; 0 for background."""
    holes = ((seen < 0.5) & (behind >= infinite)).astype(np.float32)
    reference = _continued(np.dstack([behind * holes, holes]))[..., 0]
    excess = np.maximum(inverse / np.maximum(reference, infinite) - 1, 0)
    return np.where(inverse >= infinite, np.exp(-excess / IN_FRONT), 0).astype(np.float32)


def _soft(warped: Pixels, weight: Array) -> Pixels:
    """[H, W, 3] the colours [H, W, 4] where `weight` [H, W] is large, smoothly continued where it is small."""
    colours = _continued(np.dstack([warped[..., :3] * weight[..., None], weight]))
    return np.clip(colours + 0.5, 0, 255).astype(np.uint8)


def _continued(premultiplied: Array) -> Array:
    """[H, W, C] `_push_pull` at half the size and enlarged."""
    height, width = premultiplied.shape[:2]
    half = _halved(premultiplied.astype(np.float32))
    return np.asarray(cv2.resize(_push_pull(half), (width, height), interpolation=cv2.INTER_LINEAR)).reshape(
        height, width, -1
    )


def _push_pull(premultiplied: Array) -> Array:
    """[H, W, C] values, taken from ever coarser averages where the weight is small (Gortler et al. 1996, 5.3.2).

    Args:
        premultiplied: [H, W, C + 1] values times weight, and weight.
    """
    height, width = premultiplied.shape[:2]
    weight = premultiplied[..., -1:]
    own = premultiplied[..., :-1] / np.maximum(weight, 1e-6)
    if max(height, width) == 1:
        return np.asarray(own)
    coarse = cv2.resize(_push_pull(_halved(premultiplied)), (width, height), interpolation=cv2.INTER_LINEAR)
    trust = np.minimum(weight, 1)
    return np.asarray(own * trust + coarse.reshape(height, width, -1) * (1 - trust))


def _halved(values: Array) -> Array:
    """[H, W, C] averages of two by two."""
    height, width, channels = values.shape
    half = (height + 1) // 2, (width + 1) // 2
    return np.asarray(cv2.resize(values, half[::-1], interpolation=cv2.INTER_AREA)).reshape(*half, channels)
