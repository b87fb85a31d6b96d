"""Triangles that reach behind the camera, cut off in front of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.core.camera import Array, Camera

NEAR_SHARE = 1e-3
"""Of the farthest vertex's depth: nearer, single precision would be too coarse for what is far."""


@dataclass(frozen=True, eq=False)
class Triangles:
    """Triangles in the space of a camera that looks along +z.

    Attributes:
        places: [N, 3] of the vertices.
        faces: [M, 3].
        values: [N, C] of the vertices.
    """

    places: Array
    faces: Array
    values: Array


def in_front(triangles: Triangles, camera: Camera) -> tuple[Triangles, float]:
    """The parts in front of the camera; no faces where there are none. And the depth from which on they are kept.

    Values of new vertices lie between those of the ends of their edges.
    """
    places, faces = triangles.places, triangles.faces
    deepest = float(places[:, 2].max(initial=0.0))
    near = NEAR_SHARE * deepest
    behind = places[:, 2] < near
    if deepest <= 0 or not behind.any():
        return Triangles(places, faces[: len(faces) if deepest > 0 else 0], triangles.values), near
    count = behind[faces].sum(axis=1)
    cut = _cut(Triangles(places, faces[(count > 0) & (count < 3)], triangles.values), places[:, 2] - near)
    # They reach to the eye, and so far beyond the picture's sides that single precision would not do.
    (fx, fy), (cx, cy), (width, height) = camera.focal_px, camera.centre_px, camera.size_px
    for plane in (
        (fx, 0, cx + width),
        (-fx, 0, 2 * width - cx),
        (0, fy, cy + height),
        (0, -fy, 2 * height - cy),
    ):
        cut = _cut(cut, cut.places @ np.array(plane, dtype=np.float64))
    return Triangles(cut.places, np.concatenate([faces[count == 0], cut.faces]), cut.values), near


def _cut(triangles: Triangles, heights: Array) -> Triangles:
    """What lies on the side of a plane where `heights` [N] of the vertices above it are not negative."""
    places, faces, values = triangles.places, triangles.faces, triangles.values
    below = heights < 0
    count = below[faces].sum(axis=1)
    one, two = _turned(faces[count == 1], below), _turned(faces[count == 2], ~below)
    # Of one vertex below a quadrilateral is left, of two a triangle; the odd vertex stands first.
    starts = np.concatenate([one[:, [1, 2]], two[:, [0, 0]]])
    ends = np.concatenate([one[:, [0, 0]], two[:, [1, 2]]])
    share = (heights[starts] / (heights[starts] - heights[ends]))[..., None]
    new_places = places[starts] + share * (places[ends] - places[starts])
    new_values = values[starts] + share.astype(values.dtype) * (values[ends] - values[starts])
    first = len(places) + 2 * np.arange(len(starts))
    a, b = first[: len(one)], first[len(one) :]
    parts = [
        faces[count == 0],
        np.stack([one[:, 1], one[:, 2], a], axis=1),
        np.stack([one[:, 2], a + 1, a], axis=1),
        np.stack([two[:, 0], b, b + 1], axis=1),
    ]
    return Triangles(
        np.concatenate([places, new_places.reshape(-1, 3)]),
        np.concatenate(parts),
        np.concatenate([values, new_values.reshape(-1, values.shape[1])]),
    )


def _turned(faces: Array, odd: Array) -> Array:
    """[M, 3] the same triangles, with the vertex that is `odd` first."""
    first = np.argmax(odd[faces], axis=1)
    order = (first[:, None] + np.arange(3)) % 3
    return np.asarray(np.take_along_axis(faces, order, axis=1))
