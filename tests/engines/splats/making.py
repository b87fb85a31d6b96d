"""Splats by chance, and how two of them are compared."""

from __future__ import annotations

import numpy as np

from engines.core.camera import Array
from engines.splats.splats import Splats


def some_splats(count: int = 300, degree: int = 3, *, flat: bool = False, antialiased: bool = False) -> Splats:
    """Of sizes and colours as trained ones have; quaternions of any length and sign."""
    random = np.random.default_rng(count + degree)
    harmonics = random.normal(0, 0.2, (count, (degree + 1) ** 2, 3))
    harmonics[:, 0] = random.uniform(-1.7, 1.7, (count, 3))
    return Splats(
        positions=random.uniform(-3, 3, (count, 3)).astype(np.float32),
        log_scales=random.uniform(-6, 0, (count, 2 if flat else 3)).astype(np.float32),
        quaternions=(random.normal(size=(count, 4)) * random.uniform(0.3, 3, (count, 1))).astype(np.float32),
        opacity_logits=random.uniform(-4, 6, count).astype(np.float32),
        harmonics=np.clip(harmonics, -1.7, 1.7).astype(np.float32),
        antialiased=antialiased,
    )


def covariances(splats: Splats) -> Array:
    """[N, 3, 3] float64."""
    w, x, y, z = (splats.quaternions / np.linalg.norm(splats.quaternions, axis=1, keepdims=True)).T.astype(np.float64)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    rotations = np.array(rows).transpose(2, 0, 1)
    return np.asarray(
        (rotations * np.exp(2 * splats.log_scales[:, None].astype(np.float64))) @ rotations.swapaxes(1, 2)
    )


def apart(found: Splats, expected: Splats) -> dict[str, float]:
    """The largest differences: of places, colours of the constant, harmonics, opacities, and covariances (a share)."""
    count = min(found.harmonics.shape[1], expected.harmonics.shape[1])
    ours, theirs = covariances(found).reshape(-1, 9), covariances(expected).reshape(-1, 9)
    opacities = [1 / (1 + np.exp(-splats.opacity_logits.astype(np.float64))) for splats in (found, expected)]
    return {
        "place": float(np.abs(found.positions - expected.positions).max()),
        "colour": 0.28209479 * float(np.abs(found.harmonics[:, 0] - expected.harmonics[:, 0]).max()),
        "harmonics": float(np.abs(found.harmonics[:, 1:count] - expected.harmonics[:, 1:count]).max(initial=0)),
        "opacity": float(np.abs(opacities[0] - opacities[1]).max()),
        "shape": float((np.linalg.norm(ours - theirs, axis=1) / np.linalg.norm(theirs, axis=1)).max()),
    }


def matched(found: Splats, expected: Splats) -> Splats:
    """The splats in the order of others, by their places: some forms have an order of their own."""
    from scipy.spatial import cKDTree

    nearest = cKDTree(found.positions).query(expected.positions)[1]
    assert len(set(nearest.tolist())) == len(expected)
    return found.chosen(nearest)
