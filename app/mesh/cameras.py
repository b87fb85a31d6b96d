"""Where to look at a scene from for its mesh, and the box that the mesh is made in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.camera.fitting import fit_native
from app.mesh.depth_views import DepthView, seen_points
from app.viewing.instances import find_number
from engines.core.camera import Array, Camera, look_at
from engines.core.data.dataset import Dataset
from engines.core.engine import Scene
from engines.core.paths.generators import faces_forward

FEWEST_CAMERAS = 3
"""Fewer training cameras than these tell nothing about a shape; a sphere of cameras takes their place."""
LARGEST_PX = 512
"""Views are drawn no larger: the volume is coarser than that."""
BOX_MARGIN = 0.03
"""Around a scene's box, of its longest side: a surface that touches the box would be open there."""
SAME = 1e-6
"""Cameras nearer to each other, in sizes of the whole capture, are the same."""
SEEN_SHARE = 0.003
"""Of the depths of a capture that faces one way, on each side: single pixels would make the box huge."""


def mesh_cameras(scene: Scene, dataset: Dataset | None, choice: int, count: int) -> tuple[Camera, ...]:
    """At most `count` cameras, spread evenly over those that the scene was trained with, as it can draw them.

    Args:
        dataset: its training views come first, of a class those of object `choice`.
    """
    known: Sequence[Camera] = scene.cameras
    if dataset is not None:
        views = dataset.split("train").of_instance(find_number(scene, dataset, choice) or 0)
        known = [view.camera for view in views] or known
    if len(known) < FEWEST_CAMERAS:
        known = sphere_cameras(scene.start, scene.bounds, scene.up, count)
    return tuple(_drawable(scene, camera) for camera in spread(known, count))


def sphere_cameras(start: Camera, bounds: Array, up: Array, count: int) -> tuple[Camera, ...]:
    """Cameras all around a box at `start`'s distance, looking at its middle: a Fibonacci lattice on a sphere.

    `bounds` [2, 3] are its lowest and highest corner, `up` [3] a unit vector; world.
    """
    centre = bounds.mean(axis=0)
    radius = float(np.linalg.norm(bounds[1] - bounds[0])) / 2
    # Outside the box, wherever the scene begins.
    distance = max(float(np.linalg.norm(start.position - centre)), 1.1 * radius)
    height = 1 - (2 * np.arange(count) + 1) / count
    turn = np.arange(count) * np.pi * (3 - np.sqrt(5))
    across = np.sqrt(1 - height**2)
    directions = np.stack([across * np.cos(turn), across * np.sin(turn), height], axis=1)
    # Rows: two directions across `up`, and `up` itself.
    pose = look_at(np.zeros(3), up, np.eye(3)[int(np.argmin(np.abs(up)))])
    return tuple(start.at(look_at(centre + distance * pose[:3, :3] @ one, centre, up)) for one in directions)


def spread(cameras: Sequence[Camera], count: int) -> tuple[Camera, ...]:
    """The `count` cameras that are farthest from each other, in place and direction; in their order."""
    places = np.array([camera.position for camera in cameras])
    size = np.linalg.norm(np.ptp(places, axis=0)) or 1.0
    features = np.concatenate([places / size, 0.5 * np.array([camera.forward for camera in cameras])], axis=1)
    chosen = [0]
    nearest = np.linalg.norm(features - features[0], axis=1)
    # A recording has the same camera for each time step: once is enough.
    while len(chosen) < count and nearest.max() > SAME:
        chosen.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, np.linalg.norm(features - features[chosen[-1]], axis=1))
    return tuple(cameras[index] for index in sorted(chosen))


def _drawable(scene: Scene, camera: Camera) -> Camera:
    if scene.native_px is not None:
        return fit_native(camera, scene.native_px, scene.cropped_px)
    return camera.scaled(min(1.0, LARGEST_PX / max(camera.size_px)))


def mesh_box(scene: Scene, views: Sequence[DepthView]) -> Array:
    """[2, 3] the scene's own box; of a capture that faces one way, the box of what its cameras see.

    There the scene's box is only where one turns about: a street goes on behind it.
    """
    bounds = np.asarray(scene.bounds, dtype=np.float64)
    margin = BOX_MARGIN * float((bounds[1] - bounds[0]).max())
    own: Array = bounds + np.array([[-margin], [margin]])
    if not faces_forward([view.camera for view in views]):
        return own
    points = np.concatenate([seen_points(view) for view in views])
    if len(points) == 0:
        return own
    return np.asarray(np.quantile(points, [SEEN_SHARE, 1 - SEEN_SHARE], axis=0))
