"""How files write numbers in few bits: opacities in a byte, colours around a half, rotations by three numbers."""

from __future__ import annotations

import numpy as np

from engines.core.camera import Array

CONSTANT = 0.28209479177387814
"""The harmonic of degree 0, which is the same in all directions."""
LEAST_LOG_SCALE = np.float32(-30)
"""Of a standard deviation of 0, as flat splats have: far below what can be seen, and still a number."""


def logits_of_bytes(opacities: Array) -> Array:
    """float32 logits of opacities in 0 to 255 [...] uint8; 0 is -inf, 255 is +inf."""
    with np.errstate(divide="ignore"):
        table = np.log(np.arange(256) / (255 - np.arange(256)))
    return np.asarray(table.astype(np.float32)[opacities])


def opacities_of(logits: Array) -> Array:
    """[...] float32 opacities in [0, 1]."""
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-logits)), dtype=np.float32)


def logits_of(opacities: Array) -> Array:
    """[...] float32 logits of opacities, which are cut to [0, 1]."""
    inside = np.clip(opacities.astype(np.float64), 0, 1)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(inside / (1 - inside)), dtype=np.float32)


def constants_of(colours: Array) -> Array:
    """[...] the coefficients of degree 0 of colours around 0.5."""
    return np.asarray((colours - 0.5) / CONSTANT)


def log_scales_of(scales: Array) -> Array:
    """[...] float32 logarithms of standard deviations; of 0 the least, of what is below 0 NaN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.maximum(np.log(scales), LEAST_LOG_SCALE), dtype=np.float32)


def with_largest(largest: Array, others: Array) -> Array:
    """[N, 4] float32 of length 1: `largest` [N] says which element `others` [N, 3] leave out, in their order."""
    rows = np.arange(len(largest))
    whole = np.empty((len(largest), 4), np.float32)
    whole[rows, largest] = np.sqrt(np.maximum(0, 1 - (others * others).sum(axis=1)))
    for place in range(3):
        whole[rows, place + (place >= largest)] = others[:, place]
    return whole


def without_largest(quaternions: Array) -> tuple[Array, Array]:
    """Which element [N] of quaternions [N, 4] is the largest, and the others [N, 3] of their signs where it is > 0."""
    turned = quaternions / np.linalg.norm(quaternions, axis=1, keepdims=True)
    largest = np.abs(turned).argmax(axis=1)
    rows = np.arange(len(turned))
    turned *= np.where(turned[rows, largest] < 0, -1, 1)[:, None]
    places = np.arange(3)[None] + (np.arange(3)[None] >= largest[:, None])
    return largest, np.take_along_axis(turned, places, axis=1)
