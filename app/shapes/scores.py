"""What photographs are made into, compared with what is known of the objects, as LSM's authors do (Kar et al. 2017).

Voxels: intersection over union after each photograph. Depth maps: the median of the absolute differences of a
photograph's pixels, and the mean over photographs.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engines.core.camera import Array

THRESHOLDS = (0.4,)
"""Occupancies above which a voxel counts as filled, where nobody names others."""
DISTANCE = 2.0
"""Of the authors' cameras to the middle of the cube, in its sides."""
REACH = np.sqrt(3) / 2
"""Of the cube's corners from its middle, in its sides."""


def intersections_over_unions(occupancy: Array, filled: Array, thresholds: Sequence[float]) -> Array:
    """[T, K] at each of K thresholds, of occupancies [T, n, n, n] after 1..T photographs; filled: [n, n, n] bool.

    Not a number where there is nothing, neither found nor known.
    """
    found = occupancy[:, None] > np.asarray(thresholds, dtype=occupancy.dtype).reshape(1, -1, 1, 1, 1)
    both, either = (found & filled).sum(axis=(2, 3, 4)), (found | filled).sum(axis=(2, 3, 4))
    return np.asarray(np.where(either > 0, both / np.maximum(either, 1), np.nan))


def depth_error(depth: Array, known: Array) -> float:
    """The error of depth maps [V, H, W] in sides of the cube; known: [V, H, W], infinite where nothing is.

    Only pixels count that are found between the nearest and the farthest corner that a cube can have, two of its sides
    off. A photograph of which none counts has no say; not a number where none has.
    """
    counts = np.isfinite(known) & (depth > DISTANCE - REACH) & (depth < DISTANCE + REACH)
    medians = [np.median(np.abs(d[c] - k[c])) for d, k, c in zip(depth, known, counts, strict=True) if c.any()]
    return float(np.mean(medians)) if medians else float("nan")


@dataclass(frozen=True, eq=False)
class ObjectScore:
    """An object's.

    Attributes:
        name: `class/object`, or the object's alone.
        views: numbers of the photographs, in the order in which they were looked at.
        iou: [T, K] as `intersections_over_unions`; None where its depths are scored.
        depth: as `depth_error`; None where its voxels are scored.
    """

    name: str
    views: tuple[int, ...]
    iou: Array | None = None
    depth: float | None = None


@dataclass(frozen=True, eq=False)
class ShapeScores:
    """The scores of all objects.

    Attributes:
        thresholds: of K columns of `ObjectScore.iou`; none of depths.
        whole: what objects without a class are called together.
    """

    scores: tuple[ObjectScore, ...]
    thresholds: tuple[float, ...]
    whole: str

    def classes(self) -> dict[str, list[ObjectScore]]:
        """The scores of each class, by its name, in the order of names."""
        found: dict[str, list[ObjectScore]] = {}
        for score in self.scores:
            found.setdefault(score.name.rpartition("/")[0] or self.whole, []).append(score)
        return dict(sorted(found.items()))

    @property
    def photographs(self) -> int:
        """How many of each object were looked at."""
        return max(len(score.views) for score in self.scores)

    def iou_of(self, scores: Sequence[ObjectScore]) -> Array:
        """[T, K] means over objects."""
        return _mean(np.stack([score.iou for score in scores if score.iou is not None]))

    def depth_of(self, scores: Sequence[ObjectScore]) -> float:
        """Mean over objects."""
        return float(_mean(np.array([score.depth for score in scores], dtype=float)))

    def depth_mean(self) -> float:
        """Mean over classes of their means."""
        return float(_mean(np.array([self.depth_of(scores) for scores in self.classes().values()])))

    def to_json(self) -> dict[str, Any]:
        """Plain data, means first."""
        classes = self.classes()
        if not self.thresholds:
            per_class = {name: _plain(self.depth_of(scores)) for name, scores in classes.items()}
            objects = [{"object": s.name, "photographs": list(s.views), "l1": _plain(s.depth)} for s in self.scores]
            return {"l1": _plain(self.depth_mean()), "classes": per_class, "objects": objects}
        return {
            "thresholds": list(self.thresholds),
            "iou": self._by_threshold(self.iou_of(self.scores)),
            "classes": {name: self._by_threshold(self.iou_of(scores)) for name, scores in classes.items()},
            "objects": [
                {"object": s.name, "photographs": list(s.views), "iou": self._by_threshold(s.iou)} for s in self.scores
            ],
        }

    def _by_threshold(self, iou: Array | None) -> dict[str, list[float | None]]:
        if iou is None:
            return {}
        return {f"{each:g}": [_plain(value) for value in iou[:, k]] for k, each in enumerate(self.thresholds)}


def _mean(values: Array) -> Array:
    """Over the first axis, of those that are numbers."""
    with warnings.catch_warnings():
        # Of none: not a number.
        warnings.filterwarnings("ignore", "Mean of empty slice")
        return np.asarray(np.nanmean(values, axis=0))


def _plain(value: float | None) -> float | None:
    """JSON has nothing that is not a number."""
    return None if value is None or not np.isfinite(value) else float(value)
