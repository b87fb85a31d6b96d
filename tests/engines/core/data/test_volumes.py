"""Voxels in other axes."""

from __future__ import annotations

import numpy as np
import pytest

from engines.core.data.volumes import turned


def test_voxels_are_named_by_other_axes() -> None:
    filled = np.random.default_rng(0).uniform(size=(6, 6, 6)) > 0.5
    assert turned(filled, np.eye(3)) is filled
    # The other's x is y, its y is -x.
    axes = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    np.testing.assert_array_equal(turned(filled, axes), filled.transpose(1, 0, 2)[:, ::-1])


def test_what_lies_beyond_the_grid_is_empty() -> None:
    half = np.sqrt(0.5)
    axes = np.array([[half, half, 0], [-half, half, 0], [0, 0, 1]])
    found = turned(np.ones((16, 16, 16), dtype=bool), axes)
    # Of a square turned by an eighth, what both have in common.
    assert found.mean() == pytest.approx(2 * np.sqrt(2) - 2, abs=0.02) and not found[0, 0].any()
