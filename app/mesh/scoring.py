"""A mesh compared with a reference, as occupancy networks and their followers do (Mescheder et al. 2019, section 4).

- Accuracy is the mean distance from points drawn on the mesh to the nearest of the reference's, completeness that from
  the reference's points to the nearest on the mesh. The Chamfer distance is the mean of both (Chamfer-L1), or of the
  mean squares (Chamfer-L2).
- Normal consistency is the mean over both ways of how far normals agree, |cosine|: which side is outside doesn't count.
- The F-score at a threshold is the harmonic mean of precision (how many points on the mesh are so near to the
  reference) and recall (the other way); Knapitsch et al. 2017.
- Volumetric IoU is what is inside both over what is inside either, by points drawn in the box around both, or by those
  of which the reference says whether they are inside.

Distances are from point to point: two drawings of the same surface are not 0 apart, and `floor` says how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.mesh.containment import closed_surface, inside
from app.mesh.references import Reference
from app.mesh.surface import Surface
from engines.core.camera import Array
from engines.core.errors import UserError

POINTS = 100_000
MOST_DRAWN = 10_000_000
FACES_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Threshold:
    """Up to which distance a point counts as right.

    Attributes:
        value: in the reference's units, or a share of its box's longest side.
        relative: which of the two.
    """

    value: float
    relative: bool

    @property
    def name(self) -> str:
        """The threshold as people write it: `0.01`, or `1%`."""
        return f"{self.value * 100:.6g}%" if self.relative else f"{self.value:.6g}"

    def distance(self, side: float) -> float:
        """The distance in the reference's units, where the longest side of its box is `side`."""
        return self.value * side if self.relative else self.value


THRESHOLDS = (Threshold(0.005, True), Threshold(0.01, True), Threshold(0.02, True))


@dataclass(frozen=True)
class Protocol:
    """How it is measured.

    Attributes:
        points: drawn on each mesh, and in the box for the IoU.
        thresholds: of the F-score.
        seed: of what is drawn.
    """

    points: int = POINTS
    thresholds: tuple[Threshold, ...] = THRESHOLDS
    seed: int = 0


@dataclass(frozen=True)
class FScore:
    """At one threshold; shares in [0, 1]."""

    threshold: Threshold
    distance: float
    precision: float
    recall: float

    @property
    def value(self) -> float:
        """The harmonic mean of both; 0 where both are."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "threshold": self.threshold.name,
            "distance": self.distance,
            "f_score": self.value,
            "precision": self.precision,
            "recall": self.recall,
        }


@dataclass(frozen=True)
class MeshScore:
    """Distances are in the reference's units, all else in [0, 1]; None: can't be told, and `notes` say why.

    Attributes:
        accuracy_squared, completeness_squared: means of squared distances.
        floor: Chamfer-L1 between two drawings of the reference itself.
        side: the longest of the reference's box.
    """

    side: float
    accuracy: float | None = None
    completeness: float | None = None
    accuracy_squared: float | None = None
    completeness_squared: float | None = None
    normal_accuracy: float | None = None
    normal_completeness: float | None = None
    floor: float | None = None
    iou: float | None = None
    f_scores: tuple[FScore, ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def chamfer_l1(self) -> float | None:
        """The mean of accuracy and completeness."""
        return _mean(self.accuracy, self.completeness)

    @property
    def chamfer_l2(self) -> float | None:
        """The mean of the mean squared distances."""
        return _mean(self.accuracy_squared, self.completeness_squared)

    @property
    def normal_consistency(self) -> float | None:
        """The mean of both ways."""
        return _mean(self.normal_accuracy, self.normal_completeness)


def _mean(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else 0.5 * one + 0.5 * other


def score_mesh(surface: Surface, reference: Reference, protocol: Protocol = Protocol()) -> MeshScore:
    """Compares; the same protocol gives the same figures.

    Raises:
        UserError: the mesh, or the reference's, has no triangles with an area.
    """
    if not len(surface.faces):
        raise UserError("it has no triangles: there is no surface to score")
    side = float(np.ptp(reference.box, axis=0).max())
    chance = np.random.default_rng(protocol.seed)
    iou, notes = _iou(surface, reference, protocol.points, chance)
    if reference.surface is None and reference.points is None:
        notes += ("only the volumetric IoU can be told of points that are inside or outside",)
        return MeshScore(side, iou=iou, notes=notes)
    on_mesh = surface_points(surface, protocol.points, chance, "the mesh")
    on_reference: tuple[Array, Array | None]
    floor = None
    if reference.surface is not None:
        on_reference = surface_points(reference.surface, protocol.points, chance, "the reference")
        again = surface_points(reference.surface, protocol.points, chance, "the reference")
        floor = float(_nearest(again[0], on_reference[0])[0].mean())
    else:
        on_reference = _cloud(reference)
    accuracy, found = _nearest(on_mesh[0], on_reference[0])
    completeness, found_back = _nearest(on_reference[0], on_mesh[0])
    if on_reference[1] is None:
        notes += ("the reference has no normals, so their consistency is not known",)
    return MeshScore(
        side,
        accuracy=float(accuracy.mean()),
        completeness=float(completeness.mean()),
        accuracy_squared=float((accuracy**2).mean()),
        completeness_squared=float((completeness**2).mean()),
        normal_accuracy=_agreement(on_mesh[1], on_reference[1], found),
        normal_completeness=_agreement(on_reference[1], on_mesh[1], found_back),
        floor=floor,
        iou=iou,
        f_scores=_f_scores(accuracy, completeness, protocol.thresholds, side),
        notes=notes,
    )


def empty_score(reference: Reference, protocol: Protocol) -> MeshScore:
    """The score of a mesh without triangles among others: nothing is right, all is a box's diagonal off.

    So that a method can't win by leaving out what is hard. The authors take the longest way in a cube of side 1.
    """
    low, high = reference.box
    side, far = float((high - low).max()), float(np.linalg.norm(high - low))
    note = "it is empty: its distances are taken as the diagonal of the reference's box, all else as 0"
    has_inside = reference.surface is not None or reference.occupancy_points is not None
    iou = 0.0 if has_inside else None
    if reference.surface is None and reference.points is None:
        return MeshScore(side, iou=iou, notes=(note,))
    has_normals = reference.surface is not None or reference.normals is not None
    f_scores = tuple(FScore(each, each.distance(side), 0.0, 0.0) for each in protocol.thresholds)
    normals = 0.0 if has_normals else None
    return MeshScore(side, far, far, far**2, far**2, normals, normals, None, iou, f_scores, (note,))


def _cloud(reference: Reference) -> tuple[Array, Array | None]:
    if reference.points is None:
        raise ValueError("a reference without points")
    if reference.normals is None:
        return reference.points, None
    lengths = np.linalg.norm(reference.normals, axis=1, keepdims=True)
    return reference.points, reference.normals / np.where(lengths > 0, lengths, 1.0)


def _nearest(points: Array, others: Array) -> tuple[Array, Array]:
    """Distance [N] from each point [N, 3] to the nearest of others [K, 3], and its number [N]."""
    # Here, not above: it takes a while to import, and only scores need it.
    from scipy.spatial import cKDTree

    # Neither changes what is found; both make a tree of millions in seconds instead of minutes.
    tree = cKDTree(others, balanced_tree=False, compact_nodes=False)
    distances, numbers = tree.query(points, workers=-1)
    return np.asarray(distances), np.asarray(numbers)


def _agreement(normals: Array | None, others: Array | None, found: Array) -> float | None:
    """The mean |cosine| between normals [N, 3] and those of the nearest points."""
    if normals is None or others is None:
        return None
    return float(np.abs((normals * others[found]).sum(axis=1)).mean())


def _f_scores(accuracy: Array, completeness: Array, thresholds: Sequence[Threshold], side: float) -> tuple[FScore, ...]:
    scores = []
    for threshold in thresholds:
        distance = threshold.distance(side)
        within = (float((distances <= distance).mean()) for distances in (accuracy, completeness))
        scores.append(FScore(threshold, distance, *within))
    return tuple(scores)


def surface_points(surface: Surface, count: int, chance: np.random.Generator, what: str) -> tuple[Array, Array]:
    """Points [N, 3] drawn evenly over the area, and the unit normals [N, 3] of their triangles.

    Raises:
        UserError: its triangles have no area.
    """
    areas = np.concatenate([
        np.linalg.norm(_cross(surface, slice(start, start + FACES_AT_ONCE)), axis=1)
        for start in range(0, len(surface.faces), FACES_AT_ONCE)
    ])  # fmt: skip
    up_to = np.cumsum(areas)
    if not (np.isfinite(up_to[-1]) and up_to[-1] > 0):
        raise UserError(f"the triangles of {what} have no area")
    # One without an area ends where the one before it ends, and is not found.
    chosen = np.searchsorted(up_to, chance.random(count) * up_to[-1], side="right")
    chosen = np.minimum(chosen, np.flatnonzero(areas)[-1])
    along, across = np.sqrt(chance.random((count, 1))), chance.random((count, 1))
    a, b, c = (surface.vertices[surface.faces[chosen, corner]] for corner in range(3))
    points = (1 - along) * a + along * (1 - across) * b + along * across * c
    return points, _cross(surface, chosen) / areas[chosen, None]


def _cross(surface: Surface, which: slice | Array) -> Array:
    """[M, 3] normals of triangles, as long as twice their area."""
    a, b, c = (surface.vertices[surface.faces[which, corner]] for corner in range(3))
    return np.asarray(np.cross(b - a, c - a))


def _iou(
    surface: Surface, reference: Reference, count: int, chance: np.random.Generator
) -> tuple[float | None, tuple[str, ...]]:
    """What is inside both over what is inside either; and why not, where that can't be told."""
    if reference.occupancy_points is None and reference.surface is None:
        return None, ("a cloud of points has no inside: no volumetric IoU",)
    closed, gaps = closed_surface(surface)
    if gaps:
        return None, (f"the mesh is open at {gaps} edges and has no inside: no volumetric IoU",)
    if reference.occupancy_points is not None and reference.occupied is not None:
        return _over_union(inside(closed, reference.occupancy_points), reference.occupied)
    if reference.surface is None:
        raise ValueError("neither triangles nor points that are inside")
    other, gaps = closed_surface(reference.surface)
    if gaps:
        return None, (f"the reference is open at {gaps} edges and has no inside: no volumetric IoU",)
    corners = np.concatenate([closed.vertices[closed.faces].reshape(-1, 3), reference.box])
    low, high = corners.min(axis=0), corners.max(axis=0)
    points = low + (high - low) * chance.random((count, 3))
    return _over_union(inside(closed, points), inside(other, points))


def _over_union(one: Array, other: Array) -> tuple[float | None, tuple[str, ...]]:
    either = int((one | other).sum())
    if either == 0:
        return None, ("no point is inside the mesh or its reference: no volumetric IoU",)
    return int((one & other).sum()) / either, ()
