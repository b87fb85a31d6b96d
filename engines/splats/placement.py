"""Where splats lie: their box without what strays, and a camera that sees it, of files that say nothing of cameras."""

from __future__ import annotations

import numpy as np

from engines.core.bounds import bounds_of_points
from engines.core.camera import Array, Camera, look_at
from engines.core.data.views import View
from engines.core.storage.checkpoint import SceneInfo
from engines.core.upright import find_up
from engines.splats.splats import Splats

MOST_LOOKED_AT = 200_000
"""Splats that a box is found by; more of them change nothing."""
FAINT = -2.0
"""The logit of an opacity of 0.12, below which a splat is haze, and counts for nothing where there are others."""
START_PX, START_FOV_DEG = (960, 640), 50.0
ABOVE_DEG = 15.0
"""How far the first camera looks down."""
AWAY = 0.9
"""Of the distance from which the whole box is seen: its corners are mostly empty."""

ASSUMED_UP = "up is assumed to be "
"""What `SceneInfo.up_found` begins with where that is so."""
Y_DOWN = "-y, as in scenes that are trained on COLMAP's cameras: the file says nothing of it, nor of cameras"


def scene_box(splats: Splats) -> Array:
    """[2, 3] about most of them; of none a box of side 2 about the origin."""
    if not len(splats):
        return np.array([[-1.0] * 3, [1.0] * 3])
    step = -(-len(splats) // MOST_LOOKED_AT)
    positions, logits = splats.positions[::step].astype(np.float64), splats.opacity_logits[::step]
    seen = positions[logits > FAINT]
    box = bounds_of_points(seen if len(seen) else positions)
    if box is None:
        largest = np.exp(splats.log_scales[::step].astype(np.float64)).max(axis=1)[:, None]
        box = np.stack([(positions - largest).min(axis=0), (positions + largest).max(axis=0)])
    # Of a flat one: else nothing can be fitted into the picture.
    least = max(float(np.ptp(box, axis=0).max()) / 100, 1e-6)
    middle, half = box.mean(axis=0), np.maximum(np.ptp(box, axis=0), least) / 2
    return np.stack([middle - half, middle + half])


AXES_UNSAID = (
    "the file does not name its axes: taken as right, up, back, as the page of .spz has them; if it stands on its head "
    "it is a .ply's numbers copied as they are: choose up in the window (U), or say --up y"
)
UNTOLD = (
    "as the cameras beside the file are held; it does not name its axes, and these see as much of it either way: taken "
    "as right, up, back, as the page of .spz has them; if it is half a turn off its cameras, convert it from its .ply "
    "again"
)


def placed(splats: Splats, cameras: tuple[Camera, ...] = (), untold: bool = False) -> SceneInfo:
    """The splats' place in the world, and a camera to begin from: the first known one, else one that sees the box.

    Args:
        cameras: that it was trained with, as far as they are known.
        untold: nothing tells in which axes the file was.
    """
    if cameras:
        found = find_up([View(camera, str(number)) for number, camera in enumerate(cameras)])
        said = ASSUMED_UP + UNTOLD if untold else found.found
        return SceneInfo(cameras[0], cameras, scene_box(splats), found.direction, up_found=said)
    box, up = scene_box(splats), np.array([0.0, -1.0, 0.0])
    return SceneInfo(_before(box, up), (), box, up, up_found=ASSUMED_UP + ("-y: " + AXES_UNSAID if untold else Y_DOWN))


def _before(box: Array, up: Array) -> Camera:
    # Scenes that are y down are begun in from -z, as by cameras that look along +z; those that are y up from +z.
    forward = np.array([0.0, 1.0, 0.0]) if abs(up[2]) > 0.7 else np.array([0.0, 0.0, -1.0 if up[1] > 0 else 1.0])
    forward -= (forward @ up) * up
    forward /= np.linalg.norm(forward)
    down = np.radians(ABOVE_DEG)
    sight = np.cos(down) * forward - np.sin(down) * up
    (width, height), half_fov = START_PX, np.radians(START_FOV_DEG / 2)
    focal, middle = height / 2 / np.tan(half_fov), box.mean(axis=0)
    away = AWAY * float(np.linalg.norm(np.ptp(box, axis=0))) / 2 / np.sin(half_fov)
    return Camera(look_at(middle - away * sight, middle, up), (focal, focal), (width / 2, height / 2), START_PX)
