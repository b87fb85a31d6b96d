"""A small scene of splats, made up: a ball over a chequered floor, from which its colours differ by direction."""

from __future__ import annotations

import numpy as np

from engines.splats.splats import Splats

BALL, SIDE = 400, 16
"""Splats of the ball, and along each side of the floor."""


def example() -> Splats:
    """Some six hundred splats within 2 units of the origin, y down, with harmonics of degree 1."""
    turns = np.arange(BALL) * np.pi * (3 - 5**0.5)
    height = 1 - (2 * np.arange(BALL) + 1) / BALL
    around = np.sqrt(1 - height**2)
    ball = np.stack([around * np.cos(turns), height, around * np.sin(turns)], axis=1)
    across = np.linspace(-1.5, 1.5, SIDE)
    x, z = (grid.ravel() for grid in np.meshgrid(across, across))
    floor = np.stack([x, np.ones_like(x), z], axis=1)
    outwards = np.concatenate([ball, np.tile([0.0, -1.0, 0.0], (len(floor), 1))])
    # The shortest turn of the third axis to where the surface looks.
    quaternions = np.stack([1 + outwards[:, 2], -outwards[:, 1], outwards[:, 0], np.zeros(len(outwards))], axis=1)
    sides = np.concatenate([np.full(BALL, 0.08), np.full(len(floor), 0.14)])
    scales = np.stack([sides, sides, sides / 10], axis=1)
    chequered = (np.indices((SIDE, SIDE)).sum(axis=0) // 2 % 2).ravel()[:, None]
    harmonics = np.zeros((len(outwards), 4, 3))
    harmonics[:BALL, 0] = 1.2 * ball
    harmonics[BALL:, 0] = np.where(chequered, 1.0, -0.8) * np.array([1.0, 1.0, 0.6])
    harmonics[:BALL, 1:] = 0.4 * ball[:, None]
    return Splats(
        positions=np.concatenate([ball * 0.8, floor]).astype(np.float32),
        log_scales=np.log(scales).astype(np.float32),
        quaternions=quaternions.astype(np.float32),
        opacity_logits=np.full(len(outwards), 2.5, dtype=np.float32),
        harmonics=harmonics.astype(np.float32),
    )
