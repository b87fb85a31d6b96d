"""Doubts about cameras that matches contradict, hand-made."""

from __future__ import annotations

import numpy as np
import pytest

from app.capture.colmap.ambiguous_matches import PlacedPair, agreement, strangers, warnings_of
from app.capture.colmap.view_graph import islands
from engines.core.camera import Array


def placed_pair(relative: Array) -> PlacedPair:
    """Matches of points seen by cameras one unit beside each other; a model that says `relative`."""
    points = np.random.default_rng(0).uniform((-1, -1, 3), (1, 1, 5), (200, 3))
    first, moved = points[:, :2] / points[:, 2:], points - np.array([1, 0, 0])
    return PlacedPair(first, moved[:, :2] / moved[:, 2:], relative, 500.0)


def test_matches_agree_with_the_places_they_come_from_alone() -> None:
    true = np.concatenate([np.eye(3), [[-1.0], [0], [0]]], axis=1)
    assert agreement(placed_pair(true)) == 1
    # The unit of length is nobody's to know.
    assert agreement(placed_pair(true * [[1, 1, 1, 7.5]])) == 1
    upward = np.concatenate([np.eye(3), [[0.0], [-1], [0]]], axis=1)
    assert agreement(placed_pair(upward)) < 0.3


def test_neighbours_that_share_nothing_are_strangers() -> None:
    """Two places that look alike, folded into one: each second camera sees points of its own at the same place."""
    positions = np.array([[x, 0.0, 0.0] for x in np.linspace(0, 0.5, 8)])
    points = np.random.default_rng(0).uniform((-1, -1, 5), (1, 1, 7), (400, 3))
    rotations, fields = np.tile(np.eye(3), (8, 1, 1)), np.ones((8, 2))
    together = np.ones((8, 400), bool)
    assert strangers(rotations, positions, points, together, fields)[0] == 0
    folded = np.arange(400)[None] % 2 == np.arange(8)[:, None] % 2
    few, every = strangers(rotations, positions, points, folded, fields)
    assert every == 40 and few > 10


@pytest.mark.parametrize(("shares", "doubtful"), [([1.0] * 50, False), ([*[1.0] * 49, 0.1], False),
                                                  ([*[1.0] * 30, *[0.1] * 10], True)])  # fmt: skip
def test_a_doubt_is_raised_by_more_than_a_stray_pair(shares: list[float], doubtful: bool) -> None:
    told = warnings_of(shares, 0, 100)
    assert bool(told) == doubtful
    assert not told or told[0].startswith("10 of 40 pairs of photographs that match contradict the places found")


def test_islands_are_what_pairs_join() -> None:
    assert [sorted(group) for group in islands(range(7), [(0, 1), (1, 2), (5, 4)])] == [[0, 1, 2], [4, 5], [3], [6]]
