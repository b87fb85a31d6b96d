"""Which photographs are compared with each other: all, or those that follow each other and those that look alike.

Looking alike is told from the features that were found anyway: their sums by visual word (VLAD: Jégou et al. 2010),
with words trained on these very photographs, so that no vocabulary has to be downloaded.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from app.capture.colmap.colmap_job import Pairing
from engines.core.camera import Array

OVERLAP = 12
"""Frames after each that it is matched with, in a video."""
LOOPS = 10
"""Frames elsewhere in a video that look most like it: where the camera comes back."""
ALIKE = 40
"""Photographs that look most like each one, of a set that is too large for all with all."""
BLOCK = 25
"""Photographs whose features are held at once; as COLMAP's own exhaustive matching, less is read twice."""
WORDS, LEARNT_FROM, OF_EACH = 64, 40000, 1000
"""Visual words, descriptors that they are trained on, and the largest features of each photograph that are summed."""

Pairs = list[tuple[int, int]]


def pairs_of(pairing: Pairing, descriptors: Sequence[Array]) -> Pairs:
    """Places (first < second) of the photographs to compare, each once.

    Args:
        descriptors: [N, 128] bytes of each photograph in its order, largest features first.
    """
    count = len(descriptors)
    if pairing == "exhaustive":
        return all_pairs(count)
    near = OVERLAP if pairing == "sequential" else LOOPS
    follow = {(one, other) for one in range(count) for other in range(one + 1, min(one + 1 + near, count))}
    alike = similar_pairs(appearance(descriptors), LOOPS if pairing == "sequential" else ALIKE, near)
    return _in_blocks(follow | alike)


def all_pairs(count: int) -> Pairs:
    """Each with each, in the order of blocks."""
    return _in_blocks({(one, other) for one in range(count) for other in range(one + 1, count)})


def _in_blocks(pairs: set[tuple[int, int]]) -> Pairs:
    return sorted(pairs, key=lambda pair: (pair[0] // BLOCK, pair[1] // BLOCK, pair))


def similar_pairs(looks: Array, count: int, apart: int = 0) -> set[tuple[int, int]]:
    """Each photograph with the `count` that look most like it, more than `apart` places from it.

    Args:
        looks: [V, C], unit vectors.
    """
    likeness = looks @ looks.T
    places = np.arange(len(looks))
    likeness[np.abs(places[:, None] - places) <= apart] = -np.inf
    best = np.argsort(-likeness, axis=1)[:, :count]
    return {
        (min(one, int(other)), max(one, int(other)))
        for one in range(len(looks))
        for other in best[one]
        if np.isfinite(likeness[one, other])
    }


def appearance(descriptors: Sequence[Array]) -> Array:
    """[V, C] float32 unit vectors: how each photograph looks; zeros where it has no features."""
    some = [_rooted(each[:OF_EACH]) for each in descriptors]
    if sum(map(len, some)) < WORDS:
        return np.zeros((len(some), 1), np.float32)
    words = _words(np.concatenate(some))
    looks = np.zeros((len(some), *words.shape), np.float32)
    for look, features in zip(looks, some, strict=True):
        if len(features):
            # The nearest word: |f - w|^2 without the part that is the same for all.
            nearest = np.argmin((words**2).sum(axis=1) - 2 * features @ words.T, axis=1)
            np.add.at(look, nearest, features - words[nearest])
    # What is repeated in one photograph (bricks, leaves) would outweigh all else.
    looks = np.sign(looks) * np.sqrt(np.abs(looks))
    looks = looks.reshape(len(looks), -1)
    return np.asarray(looks / np.maximum(np.linalg.norm(looks, axis=1, keepdims=True), 1e-12))


def _rooted(descriptors: Array) -> Array:
    """[N, 128] float32: square roots of bytes, whose distances compare histograms (Arandjelovic 2012)."""
    return np.sqrt(descriptors.astype(np.float32) / 512)


def _words(features: Array) -> Array:
    """[WORDS, 128], the middles of clusters."""
    chosen = np.random.default_rng(0).permutation(len(features))[:LEARNT_FROM]
    cv2.setRNGSeed(0)
    ends = (cv2.TERM_CRITERIA_MAX_ITER, 15, 0.0)
    sample = np.ascontiguousarray(features[chosen])
    _, _, words = cv2.kmeans(sample, WORDS, np.empty(0, np.int32), ends, 1, cv2.KMEANS_RANDOM_CENTERS)
    return np.asarray(words)
