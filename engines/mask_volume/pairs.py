"""Which two cameras planes are made of, and how far from them a picture can be trusted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engines.core.camera import Array, Camera
from engines.core.errors import UserError

AUTHORS = (4, 5)
"""In the middle of their rig of ten."""
AUTHORS_CAMERAS = 10
WELL_APART = 0.05
"""The shift between both pictures of the nearest things, in picture widths, that is wished for."""
LOOKING_ALIKE_DEG = 30.0
LOOKING_AWAY = 0.0
"""Cosine between two cameras' axes, below which they have next to nothing in common."""
IN_ONE_PLACE = 1e-6
"""Of the nearest depth."""
TORN_PX = 3.0
"""Planes that lie further apart in the picture than so many pixels are seen as cards."""
UNSEEN = 0.25
"""The part of the picture beyond what the reference saw that is passed over in silence."""


def choose_pair(
    cameras: Mapping[int, Camera], near: float, first: int | None = None, second: int | None = None
) -> tuple[int, int]:
    """The reference and the other camera: as asked for, as the authors, else the best neighbours.

    Args:
        cameras: by their index.
        near: depth of the nearest things.

    Raises:
        UserError: there is no such camera, or there are not two.
    """
    if len(cameras) < 2:
        raise UserError(f"planes are made of two cameras' pictures; here there are {len(cameras)}")
    for name, wanted in (("first_camera", first), ("second_camera", second)):
        if wanted is not None and wanted not in cameras:
            raise UserError(f"{name}={wanted}: no such camera; there are {_span(cameras)}")
    if first is not None and first == second:
        raise UserError(f"first_camera and second_camera are both {first}; a pair needs two")
    if first is None and second is None and _is_authors_rig(cameras):
        return AUTHORS
    if first is not None and second is not None:
        return first, second
    if second is not None:
        return neighbour(cameras, second, near), second
    first = most_central(cameras) if first is None else first
    return first, neighbour(cameras, first, near)


def require_apart(cameras: Mapping[int, Camera], first: int, second: int, near: float) -> None:
    """Whether planes can be made of a pair at all.

    Raises:
        UserError: both stand in one place, or look away from each other.
    """
    shift = float(np.linalg.norm(cameras[first].position - cameras[second].position)) / near
    if shift < IN_ONE_PLACE:
        raise UserError(
            f"cameras {first} and {second} stand in one place, and planes need two that see depth; choose others, or "
            "look at the poses"
        )
    if float(cameras[first].forward @ cameras[second].forward) < LOOKING_AWAY:
        raise UserError(
            f"cameras {first} and {second} look in different directions, and planes need two that see the same; choose "
            "others, or look at the poses"
        )


def _is_authors_rig(cameras: Mapping[int, Camera]) -> bool:
    """Ten cameras, of which theirs are neighbours."""
    if len(cameras) != AUTHORS_CAMERAS or not set(AUTHORS) <= set(cameras):
        return False
    first = cameras[AUTHORS[0]].position
    away = {index: float(np.linalg.norm(camera.position - first)) for index, camera in cameras.items()}
    closest = min(distance for index, distance in away.items() if index != AUTHORS[0])
    alike = float(cameras[AUTHORS[0]].forward @ cameras[AUTHORS[1]].forward) > np.cos(np.radians(LOOKING_ALIKE_DEG))
    # Their rows stand further apart than the cameras of a row.
    return alike and 0 < away[AUTHORS[1]] <= 2 * closest


def _span(cameras: Mapping[int, Camera]) -> str:
    known = sorted(cameras)
    gapless = known == list(range(known[0], known[-1] + 1))
    return f"{known[0]} to {known[-1]}" if gapless else ", ".join(str(index) for index in known)


def most_central(cameras: Mapping[int, Camera]) -> int:
    """The camera nearest to the middle of all."""
    middle = np.mean([camera.position for camera in cameras.values()], axis=0)
    return min(cameras, key=lambda index: float(np.linalg.norm(cameras[index].position - middle)))


def nearest(cameras: Mapping[int, Camera], camera: Camera) -> int:
    """The one that stands and looks most like `camera`; a turn of a right angle counts like the spread of all."""
    positions = np.array([other.position for other in cameras.values()])
    spread = max(float(np.linalg.norm(positions - positions.mean(axis=0), axis=1).max()), 1e-9)

    def distance(index: int) -> float:
        other = cameras[index]
        turned = float(np.linalg.norm(other.forward - camera.forward))
        return float(np.linalg.norm(other.position - camera.position)) / spread + turned

    return min(cameras, key=distance)


def neighbour(cameras: Mapping[int, Camera], first: int, near: float) -> int:
    """The other camera that shows the same from a little aside."""
    reference = cameras[first]
    width, focal = reference.size_px[0], reference.focal_px[0]

    def unsuited(index: int) -> tuple[bool, float]:
        other = cameras[index]
        shift = float(np.linalg.norm(other.position - reference.position)) * focal / near / width
        alike = float(other.forward @ reference.forward) > np.cos(np.radians(LOOKING_ALIKE_DEG))
        return not alike, abs(float(np.log(max(shift, 1e-9) / WELL_APART)))

    return min((index for index in cameras if index != first), key=unsuited)


def advice(camera: Camera, reference: Camera, depths: Array) -> str:
    """What a viewer at `camera` should know of planes [P] seen from `reference`; empty where all is well."""
    ahead = reference.world_to_camera @ np.append(camera.position, 1)
    if ahead[2] >= depths.min():
        return "Beyond the nearest plane: what stood before the cameras is behind you"
    steps = np.abs(np.diff(1 / depths)).max()
    apart_px = float(np.linalg.norm(ahead[:2])) * reference.focal_px[0] * float(steps)
    shown = camera.size_px[0] / reference.size_px[0] * reference.focal_px[0] / camera.focal_px[0]
    unseen = _unseen(camera, reference, float(np.median(depths)))
    if unseen > UNSEEN:
        return f"{unseen:.0%} of this view lies beyond what the reference camera saw"
    if apart_px > TORN_PX * max(shown, 1.0):
        return f"Far from the source cameras: the planes come apart by {apart_px:.0f} pixels"
    return ""


def _unseen(camera: Camera, reference: Camera, depth: float) -> float:
    """The part of the picture whose points at `depth` before the reference are outside its picture."""
    width, height = camera.size_px
    u, v = np.meshgrid((np.arange(16) + 0.5) / 16 * width, (np.arange(9) + 0.5) / 9 * height)
    rays = np.stack([(u - camera.centre_px[0]) / camera.focal_px[0], (v - camera.centre_px[1]) / camera.focal_px[1]])
    rays = np.concatenate([rays.reshape(2, -1), np.ones((1, rays[0].size))])
    to_reference = reference.world_to_camera @ camera.camera_to_world
    directions, origin = to_reference[:3, :3] @ rays, to_reference[:3, 3]
    forward = directions[2] > 1e-6
    points = origin[:, None] + directions * ((depth - origin[2]) / np.where(forward, directions[2], 1.0))
    x = points[0] / depth * reference.focal_px[0] + reference.centre_px[0]
    y = points[1] / depth * reference.focal_px[1] + reference.centre_px[1]
    inside = forward & (x >= 0) & (x <= reference.size_px[0]) & (y >= 0) & (y <= reference.size_px[1])
    return float(1 - inside.mean())
