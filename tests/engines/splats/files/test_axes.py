"""Splats in other axes look the same: colours, places and shapes, by turning the eye instead."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engines.core.camera import Array, quaternion_rotation
from engines.splats.files.axes import harmonic_values, mirrored, turned
from engines.splats.splats import Splats
from tests.engines.splats.making import covariances, some_splats

TURN = quaternion_rotation(*(np.array([0.4, -0.5, 0.7, 0.2]) / np.linalg.norm([0.4, -0.5, 0.7, 0.2])))


def colours(splats: Splats, directions: Array) -> Array:
    return np.asarray(np.einsum("dk,nkc->ndc", harmonic_values(directions, splats.degree), splats.harmonics))


def directions() -> Array:
    found = np.random.default_rng(3).normal(size=(20, 3))
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def same_scene(found: Splats, splats: Splats, matrix: Array) -> None:
    ways = directions()
    np.testing.assert_allclose(colours(found, ways @ matrix.T), colours(splats, ways), atol=1e-5)
    np.testing.assert_allclose(found.positions, splats.positions @ matrix.T, atol=1e-5)
    np.testing.assert_allclose(covariances(found), matrix @ covariances(splats) @ matrix.T, atol=1e-5)


@pytest.mark.parametrize("signs", list(itertools.product((1, -1), repeat=3)))
def test_mirrored(signs: tuple[int, int, int]) -> None:
    splats = some_splats(20, 4)
    same_scene(mirrored(splats, signs), splats, np.diag(signs).astype(np.float64))


@pytest.mark.parametrize("degree", range(5))
def test_turned(degree: int) -> None:
    splats = some_splats(20, degree)
    same_scene(turned(splats, TURN), splats, TURN)


def test_half_a_turn_is_only_signs() -> None:
    splats = some_splats(20, 3)
    assert np.array_equal(np.abs(turned(splats, np.diag([1.0, -1, -1])).harmonics), np.abs(splats.harmonics))


def test_the_harmonics_are_those_of_the_field() -> None:
    """Degree 1 is -c y, c z, -c x; of degree 2 the middle one c (3 z^2 - 1) (Kerbl et al. 2023)."""
    ways = directions()
    x, y, z = ways.T
    values = harmonic_values(ways, 2)
    np.testing.assert_allclose(values[:, 0], 0.28209479177387814)
    np.testing.assert_allclose(values[:, 1:4], 0.4886025119029199 * np.stack([-y, z, -x], axis=1), atol=1e-12)
    np.testing.assert_allclose(values[:, 6], 0.31539156525252005 * (3 * z * z - 1), atol=1e-12)
