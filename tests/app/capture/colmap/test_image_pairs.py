"""Which photographs are compared: all, a video's neighbours and loops, or those that look alike."""

from __future__ import annotations

import numpy as np

from app.capture.colmap.image_pairs import ALIKE, OVERLAP, all_pairs, appearance, pairs_of, similar_pairs
from engines.core.camera import Array


def looks_of(places: int, each: int) -> list[Array]:
    """Descriptors [50, 128] of `each` photographs of one place after the other: `places` kinds of features."""
    random = np.random.default_rng(0)
    kinds = random.integers(0, 120, (places, 50, 128))
    return [
        np.clip(kinds[index % places] + random.integers(0, 12, (50, 128)), 0, 255).astype(np.uint8)
        for index in range(places * each)
    ]


def test_all_pairs_are_each_once() -> None:
    pairs = all_pairs(60)
    assert len(pairs) == len(set(pairs)) == 60 * 59 // 2 and all(one < other for one, other in pairs)


def test_photographs_of_one_place_are_found_wherever_they_stand_in_the_list() -> None:
    pairs = similar_pairs(appearance(looks_of(10, 4)), 3)
    assert pairs == {(one, other) for one in range(40) for other in range(one + 10, 40, 10)}


def test_a_film_is_matched_with_what_follows_and_where_it_comes_back() -> None:
    descriptors = looks_of(40, 2)
    pairs = set(pairs_of("sequential", descriptors))
    assert {(one, one + 1) for one in range(79)} <= pairs and (0, OVERLAP) in pairs
    # The second round of the same 40 places.
    assert {(one, one + 40) for one in range(40)} <= pairs


def test_many_photographs_are_not_matched_all_with_all() -> None:
    descriptors = looks_of(50, 5)
    pairs = pairs_of("similar", descriptors)
    assert len(pairs) == len(set(pairs)) <= 250 * (ALIKE + 12) < 250 * 249 / 2
    assert {(one, one + 50) for one in range(200)} <= set(pairs)


def test_photographs_without_features_are_matched_with_their_neighbours_alone() -> None:
    none = [np.zeros((0, 128), np.uint8)] * 20
    assert set(pairs_of("sequential", none)) >= {(one, one + 1) for one in range(19)}
    assert appearance([*none, *looks_of(2, 1)]).shape[0] == 22
