"""The view graph in COLMAP's database and model: which photographs match, and how large the reprojection error is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from app.capture.colmap.ambiguous_matches import LEAST_MATCHES, PlacedPair, agreement, strangers, warnings_of
from engines.core.camera import Array

FEW_FEATURES = 100
"""Of a photograph: COLMAP begins with pairs that share as many."""
MOST_PAIRS, MOST_POINTS = 4000, 20000
"""That a model is judged by."""


def islands(count: Iterable[int], pairs: Iterable[tuple[int, int]]) -> list[set[int]]:
    """The groups of what is joined by pairs, largest first."""
    group = {one: {one} for one in count}
    for one, other in pairs:
        if one in group and other in group and group[one] is not group[other]:
            small, large = sorted((group[one], group[other]), key=len)
            large |= small
            group.update(dict.fromkeys(small, large))
    return sorted({id(each): each for each in group.values()}.values(), key=len, reverse=True)


def warnings(pycolmap: Any, database: Any, model: Any) -> tuple[str, ...]:
    """What the verified matches of `database` say against `model`."""
    ids = sorted(int(number) for number in model.reg_image_ids())
    numbers, geometries = database.read_two_view_geometries()
    agreements = []
    every = max(1, len(numbers) // MOST_PAIRS)
    for number, geometry in list(zip(numbers, geometries, strict=True))[::every]:
        first, second = pycolmap.pair_id_to_image_pair(number)
        if len(geometry.inlier_matches) >= LEAST_MATCHES and first in model.images and second in model.images:
            pair = _placed_pair(database, model, (first, second), geometry.inlier_matches)
            if pair is not None:
                agreements.append(agreement(pair))
    few, neighbours = strangers(*_seen(model, ids)) if len(ids) > 2 else (0, 0)
    return warnings_of(agreements, few, neighbours)


def _placed_pair(database: Any, model: Any, ids: tuple[int, int], matches: Array) -> PlacedPair | None:
    images = [model.images[number] for number in ids]
    if not all(image.has_pose for image in images):
        return None
    points, lenses = [], [model.cameras[image.camera_id] for image in images]
    for side, (number, lens) in enumerate(zip(ids, lenses, strict=True)):
        keypoints = database.read_keypoints(number)[:, :2].astype(np.float64)
        points.append(np.asarray(lens.cam_from_img(keypoints[matches[:, side]])))
    relative = images[1].cam_from_world() * images[0].cam_from_world().inverse()
    known = np.isfinite(points[0]).all(axis=1) & np.isfinite(points[1]).all(axis=1)
    focal = float(lenses[1].mean_focal_length())
    return PlacedPair(points[0][known], points[1][known], np.asarray(relative.matrix()), focal)


def _seen(model: Any, ids: list[int]) -> tuple[Array, Array, Array, Array, Array]:
    """Rotations [V, 3, 3], positions [V, 3], points [N, 3], which sees which [V, N], tangents of half fields [V, 2]."""
    every = max(1, len(model.points3D) // MOST_POINTS)
    points = list(model.points3D.values())[::every]
    row = {number: at for at, number in enumerate(ids)}
    seen = np.zeros((len(ids), len(points)), bool)
    for at, point in enumerate(points):
        for element in point.track.elements:
            seen[row[element.image_id], at] = True
    images = [model.images[number] for number in ids]
    lenses = [model.cameras[image.camera_id] for image in images]
    fields = [
        (lens.width / lens.mean_focal_length() / 2, lens.height / lens.mean_focal_length() / 2) for lens in lenses
    ]
    poses = np.array([image.cam_from_world().matrix() for image in images])
    positions = np.array([image.projection_center() for image in images])
    return poses[:, :, :3], positions, np.array([point.xyz for point in points]).reshape(-1, 3), seen, np.array(fields)


def unmatched(pycolmap: Any, database: Any) -> tuple[list[set[int]], Mapping[int, str]]:
    """The islands of photographs that were matched, and all their names."""
    names = {int(image.image_id): str(image.name) for image in database.read_all_images()}
    numbers, geometries = database.read_two_view_geometries()
    pairs = [
        tuple(pycolmap.pair_id_to_image_pair(number))
        for number, geometry in zip(numbers, geometries, strict=True)
        if len(geometry.inlier_matches)
    ]
    return islands(names, pairs), names
