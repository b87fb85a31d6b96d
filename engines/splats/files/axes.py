"""Splats in other axes: places, rotations, and harmonics, which are functions of a direction in the world."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from engines.core.camera import Array
from engines.core.paths.interpolation import quaternion_of
from engines.splats.splats import Splats

UP_BACK = (1, -1, -1)
"""Signs from right-down-forward to right-up-back, as Niantic's files are, and back: half a turn about x."""
LEFT_UP = (-1, -1, 1)
"""Signs from right-down-forward to left-up-forward, as glTF is written, and back: half a turn about z."""


def mirrored(splats: Splats, signs: tuple[int, int, int]) -> Splats:
    """The splats with axes x, y, z of other signs; their shapes are symmetrical, so a mirror is no difficulty."""
    x, y, z = signs
    flips = np.array([harmonic_sign(index, signs) for index in range(splats.harmonics.shape[1])], np.float32)
    return replace(
        splats,
        positions=splats.positions * np.array(signs, np.float32),
        quaternions=splats.quaternions * np.array([1, y * z, x * z, x * y], np.float32),
        harmonics=splats.harmonics * flips[:, None],
    )


def harmonic_sign(index: int, signs: tuple[int, int, int]) -> int:
    """1 or -1: what a real harmonic, in the order of `Splats`, becomes where axes change their signs."""
    degree = math.isqrt(index)
    order = index - degree * (degree + 1)
    x, y, z = signs
    # In z it is even or odd as degree + order; around z it is cos(m phi), or sin(m phi) where the order is negative.
    sign = (-1) ** (degree + order) if z < 0 else 1
    if y < 0 and order < 0:
        sign = -sign
    if x < 0:
        sign *= (-1) ** order * (-1 if order < 0 else 1)
    return int(sign)


def turned(splats: Splats, rotation: Array) -> Splats:
    """The splats in axes that a rotation [3, 3] leads to."""
    signs = np.rint(np.diag(rotation))
    if np.allclose(rotation, np.diag(signs), atol=1e-6):
        return mirrored(splats, (int(signs[0]), int(signs[1]), int(signs[2])))
    quaternions = _product(np.array(quaternion_of(rotation)), splats.quaternions.astype(np.float64))
    harmonics = np.einsum(
        "ij,njc->nic", harmonic_rotation(rotation, splats.degree).astype(np.float32), splats.harmonics
    )
    return replace(
        splats,
        positions=np.ascontiguousarray(splats.positions @ rotation.T, np.float32),
        quaternions=np.ascontiguousarray(quaternions, np.float32),
        harmonics=np.ascontiguousarray(harmonics),
    )


def harmonic_rotation(rotation: Array, degree: int) -> Array:
    """[K, K] that makes coefficients those of the function turned by `rotation` [3, 3].

    What the turned function is in many directions, the old one is where these are turned back; the coefficients follow,
    since a function of a degree stays one.
    """
    directions = np.random.default_rng(0).normal(size=(8 * (degree + 1) ** 2, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    before, after = (harmonic_values(places, degree) for places in (directions @ rotation, directions))
    return np.asarray(np.linalg.lstsq(after, before, rcond=None)[0])


def harmonic_values(directions: Array, degree: int) -> Array:
    """[D, K] real harmonics up to a degree, in the order of `Splats`, in directions [D, 3] of length 1."""
    from scipy.special import sph_harm_y

    around = np.arctan2(directions[:, 1], directions[:, 0])
    down = np.arccos(np.clip(directions[:, 2], -1, 1))
    values = []
    for each in range(degree + 1):
        for order in range(-each, each + 1):
            complex_one = sph_harm_y(each, abs(order), down, around)
            part = complex_one.imag if order < 0 else complex_one.real
            values.append(part * (math.sqrt(2) if order else 1))
    return np.stack(values, axis=1)


def _product(first: Array, others: Array) -> Array:
    """[N, 4] w x y z: turned by `others` [N, 4], then by `first` [4]."""
    w, vector = first[0], first[1:]
    scalar = w * others[:, :1] - others[:, 1:] @ vector[:, None]
    rest = w * others[:, 1:] + others[:, :1] * vector + np.cross(vector, others[:, 1:])
    return np.concatenate([scalar, rest], axis=1)
