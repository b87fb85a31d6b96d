"""What speaks against a model that COLMAP found: pairs of photographs that match, but not where they were placed.

A pattern that repeats (windows, both sides of a box, wallpaper) matches between photographs of different places. Where
such pairs won, the true pairs contradict the model, and cameras that were put side by side see little in common.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engines.core.camera import Array

WITHIN_PX = 8.0
"""Of the epipolar line: twice what COLMAP lets a match be away from it."""
AGREES = 0.3
"""Of a pair's verified matches: with fewer near the model's line, the pair contradicts it."""
CONTRADICTED, LEAST_PAIRS = 0.03, 3
"""Of all verified pairs, and how many at least, before there is a warning."""
LEAST_MATCHES = 70
"""Of a pair: fewer may be chance (of real captures, up to 66 were seen that agree on what is not there)."""
SAME_SIDE_DEG, EXPECTED, SHARED = 12.0, 60, 0.02
"""Points that two cameras should both see, from directions within 12 degrees; how many, and how few of them are."""
STRANGERS = 0.15
"""Of the neighbours, that share so little."""


@dataclass(frozen=True)
class PlacedPair:
    """Two placed photographs that were matched.

    Attributes:
        first, second: [N, 2], the matches through each lens without its distortion, at depth 1.
        relative: [3, 4], the second camera from the first, as the model has them.
        focal_px: of the second.
    """

    first: Array
    second: Array
    relative: Array
    focal_px: float


def agreement(pair: PlacedPair) -> float:
    """The share of the matches that lie near the epipolar line of the model, in [0, 1]."""
    turn, shift = pair.relative[:, :3], pair.relative[:, 3]
    x, y, z = shift / max(float(np.linalg.norm(shift)), 1e-12)
    essential = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]]) @ turn
    first, second = (
        np.concatenate([points, np.ones((len(points), 1))], axis=1) for points in (pair.first, pair.second)
    )
    lines, back = first @ essential.T, second @ essential
    # Sampson's distance: to first order that of the match from one that fits.
    slope = np.sqrt((lines[:, :2] ** 2).sum(axis=1) + (back[:, :2] ** 2).sum(axis=1))
    distance = np.abs((second * lines).sum(axis=1)) / np.maximum(slope, 1e-12)
    return float((distance * pair.focal_px < WITHIN_PX).mean())


def strangers(rotations: Array, positions: Array, points: Array, seen: Array, fields: Array) -> tuple[int, int]:
    """Neighbouring cameras that hardly share a point though they look at the same from the same side, and all such.

    Args:
        rotations: [V, 3, 3], camera from world; positions: [V, 3]; points: [N, 3], world.
        seen: [V, N] bool, the points that each has; fields: [V, 2], tangents of half the width and height.
    """
    few = every = 0
    toward = points[None] - positions[:, None]
    toward /= np.maximum(np.linalg.norm(toward, axis=2, keepdims=True), 1e-12)
    for one in range(len(positions)):
        own = np.flatnonzero(seen[one])
        for other in np.argsort(np.linalg.norm(positions - positions[one], axis=1))[1:6]:
            there = (points[own] - positions[other]) @ rotations[other].T
            in_view = (there[:, 2] > 0) & (np.abs(there[:, :2]) < fields[other] * there[:, 2:]).all(axis=1)
            same_side = (toward[one, own] * toward[other, own]).sum(axis=1) > np.cos(np.radians(SAME_SIDE_DEG))
            expected = own[in_view & same_side]
            if len(expected) >= EXPECTED:
                every += 1
                few += seen[other, expected].mean() < SHARED
    return int(few), every


def warnings_of(agreements: Sequence[float], few: int, neighbours: int) -> tuple[str, ...]:
    """One sentence for each thing that speaks against the cameras."""
    told = []
    against = sum(share < AGREES for share in agreements)
    if against >= LEAST_PAIRS and against > CONTRADICTED * len(agreements):
        told.append(
            f"{against} of {len(agreements)} pairs of photographs that match contradict the places found; a pattern "
            "that repeats may have put cameras in wrong places"
        )
    if few >= LEAST_PAIRS and few > STRANGERS * neighbours:
        told.append(
            f"{few} of {neighbours} neighbouring cameras hardly see the same points; both sides of something that "
            "looks alike may have been taken for one"
        )
    return tuple(told)
