"""Cameras fitted to what a scene can draw and what a viewport can show; whether two take the same picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engines.core.camera import Camera

# Cameras made by the same arithmetic differ by rounding; a moved one differs by far more.
SAME_CAMERA = 1e-6


def fit_native(camera: Camera, native_px: tuple[int, int], cropped_px: int = 0) -> Camera:
    """The camera's picture at the one size a scene can draw; what does not fit its shape is cut off at the sides.

    Args:
        cropped_px: as in `Scene`.
    """
    if camera.size_px == native_px:
        return camera
    width, height = native_px
    whole_px = (width + 2 * cropped_px, height + 2 * cropped_px)
    if width == height:
        # As photographs are cut, to the pixel: a centred square of whole pixels.
        whole = camera.square().resized(whole_px)
    else:
        scale = max(whole_px[0] / camera.size_px[0], whole_px[1] / camera.size_px[1])
        whole = _refit(camera, whole_px, scale)
    return whole.cropped(cropped_px, cropped_px, width, height)


def fit_around(camera: Camera, size_px: tuple[int, int]) -> Camera:
    """The camera at another size and shape, so that all it saw is seen, and more at the sides."""
    if camera.size_px == size_px:
        return camera
    return _refit(camera, size_px, min(size_px[0] / camera.size_px[0], size_px[1] / camera.size_px[1]))


def fit_inside(camera: Camera, size_px: tuple[int, int]) -> Camera:
    """The camera's very picture, as large as fits."""
    return camera.scaled(min(size_px[0] / camera.size_px[0], size_px[1] / camera.size_px[1]))


def _refit(camera: Camera, size_px: tuple[int, int], scale: float) -> Camera:
    (fx, fy), (cx, cy), (width, height) = camera.focal_px, camera.centre_px, camera.size_px
    centre = ((cx - width / 2) * scale + size_px[0] / 2, (cy - height / 2) * scale + size_px[1] / 2)
    return replace(camera, focal_px=(fx * scale, fy * scale), centre_px=centre, size_px=size_px)


def same_pose(a: Camera, b: Camera) -> bool:
    """Whether two cameras stand and look alike, to rounding."""
    return bool(np.abs(a.camera_to_world - b.camera_to_world).max() <= SAME_CAMERA * (1 + np.abs(a.position).max()))


def same_picture(a: Camera, b: Camera) -> bool:
    """Whether two cameras take the same picture, at whatever number of pixels (whole ones, so to half a pixel)."""
    b = b.resized(a.size_px)
    lens = np.abs(np.array(a.focal_px + a.centre_px) - np.array(b.focal_px + b.centre_px)).max()
    return same_pose(a, b) and bool(lens <= 0.5)
