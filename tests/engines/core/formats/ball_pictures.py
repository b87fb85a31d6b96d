"""Pictures of three balls, drawn for known cameras: a right reading finds them where it projects them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from engines.core.camera import Array, Camera, look_at, project
from engines.core.data.images import EXIF_ORIENTATION
from engines.core.data.views import View

BALLS = np.array([[0.5, 0.1, 0.2], [-0.4, 0.3, -0.1], [0.1, -0.5, 0.3]])
"""The red, the green and the blue one, world."""
RADIUS_PX = 4.0


def ball_cameras(count: int = 8) -> tuple[Camera, ...]:
    """On a circle about the z axis, none like another."""
    cameras = []
    for index in range(count):
        angle = 2 * np.pi * index / count
        eye = np.array([3 * np.cos(angle), 3 * np.sin(angle), 0.5 + 0.1 * index])
        cameras.append(Camera(look_at(eye, np.zeros(3), np.array([0, 0, 1.0])), (90.0, 90.0), (48.0, 36.0), (96, 72)))
    return tuple(cameras)


def ball_picture(camera: Camera) -> Array:
    """[H, W, 3] bytes on black; each ball has a channel of its own, so that none hides another."""
    width, height = camera.size_px
    pixels, _ = project(camera, BALLS)
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    # A soft edge, so that the middle is exact to a hundredth of a pixel.
    away = np.stack([np.hypot(x - at[0], y - at[1]) for at in pixels], axis=-1)
    return np.asarray((255 * np.clip(RADIUS_PX + 0.5 - away, 0, 1)).round().astype(np.uint8))


def upright(camera: Camera) -> Camera:
    """The same camera, of a picture that is higher than wide."""
    return Camera(camera.camera_to_world, camera.focal_px, (36.0, 48.0), (72, 96))


def write_lying(path: Path, camera: Camera) -> None:
    """A photograph as a phone that was held upright stores it: lying, and EXIF says how it is shown."""
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.rot90(ball_picture(camera))).save(path, exif=exif)


def error_px(view: View) -> float:
    """The median distance between where the balls are seen and where the view's camera projects them."""
    image = view.image()
    x, y = np.meshgrid(np.arange(image.shape[1]) + 0.5, np.arange(image.shape[0]) + 0.5)
    weights = image / image.sum(axis=(0, 1))
    seen = np.stack([(weights * axis[:, :, None]).sum(axis=(0, 1)) for axis in (x, y)], axis=-1)
    return float(np.median(np.linalg.norm(seen - project(view.camera, BALLS)[0], axis=1)))
