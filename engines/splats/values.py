"""Splats as they are drawn, their activations applied."""

from __future__ import annotations

import numpy as np

from engines.core.camera import Array
from engines.core.scene_abilities import GaussianValues
from engines.splats.splats import Splats


def values_of(splats: Splats, begin: int, end: int) -> GaussianValues:
    """Those of the numbers from `begin` to `end`; 2-D ones have a third axis of no length."""
    part = slice(begin, end)
    logits = np.maximum(splats.opacity_logits[part], np.float32(-80))
    scales = np.exp(splats.log_scales[part])
    if splats.is_flat:
        scales = np.concatenate([scales, np.zeros_like(scales[:, :1])], axis=1)
    axes = _rotations(splats.quaternions[part]).transpose(0, 2, 1) * scales[:, :, None]
    return GaussianValues(
        splats.positions[part],
        np.ascontiguousarray(axes, dtype=np.float32),
        1 / (1 + np.exp(-logits)),
        splats.harmonics[part],
    )


def _rotations(quaternions: Array) -> Array:
    """[N, 3, 3] from own axes to the world, of quaternions [N, 4] w x y z of any length but 0."""
    w, x, y, z = quaternions.astype(np.float64).T
    twice = 2 / (w * w + x * x + y * y + z * z)
    rows = [
        [1 - twice * (y * y + z * z), twice * (x * y - w * z), twice * (x * z + w * y)],
        [twice * (x * y + w * z), 1 - twice * (x * x + z * z), twice * (y * z - w * x)],
        [twice * (x * z - w * y), twice * (y * z + w * x), 1 - twice * (x * x + y * y)],
    ]
    return np.array(rows).transpose(2, 0, 1)
