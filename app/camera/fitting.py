"""Cameras fitted to what a scene can draw and what a viewport can show; whether two take the same picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from engines.core.camera import Camera
from engines.core.engine import LearnsPart, Scene
from engines.core.errors import UserError

Fit = Literal["crop", "pad"]
"""Of a picture of another shape: cut off what doesn't fit, or show all of it and more beside it."""
FITS: tuple[Fit, ...] = ("crop", "pad")

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


def fit_filling(camera: Camera, size_px: tuple[int, int]) -> Camera:
    """The camera at another size and shape, filled with what it saw; what does not fit is cut off at the sides."""
    if camera.size_px == size_px:
        return camera
    return _refit(camera, size_px, max(size_px[0] / camera.size_px[0], size_px[1] / camera.size_px[1]))


def fit_inside(camera: Camera, size_px: tuple[int, int]) -> Camera:
    """The camera's very picture, as large as fits."""
    return camera.scaled(min(size_px[0] / camera.size_px[0], size_px[1] / camera.size_px[1]))


def _refit(camera: Camera, size_px: tuple[int, int], scale: float) -> Camera:
    (fx, fy), (cx, cy), (width, height) = camera.focal_px, camera.centre_px, camera.size_px
    centre = ((cx - width / 2) * scale + size_px[0] / 2, (cy - height / 2) * scale + size_px[1] / 2)
    return replace(camera, focal_px=(fx * scale, fy * scale), centre_px=centre, size_px=size_px)


def same_aspect(a_px: tuple[int, int], b_px: tuple[int, int]) -> bool:
    """Whether two sizes have one aspect ratio, to a whole pixel."""
    small, large = sorted((a_px, b_px))
    return abs(large[0] * small[1] / large[1] - small[0]) < 1


def usual_fit(scene: Scene, camera: Camera, size_px: tuple[int, int]) -> Fit:
    """How a picture becomes one of another shape where nobody said: the part that was trained on, where that has the
    shape; else all of the picture is shown."""
    wanted: object = scene
    learnt = wanted.trained_part(camera) if isinstance(wanted, LearnsPart) else camera
    return "crop" if same_aspect(learnt.size_px, size_px) else "pad"


def fit_cameras(
    scene: Scene, cameras: Sequence[Camera], size_px: tuple[int, int] | None, fit: Fit | None = None
) -> tuple[Camera, ...]:
    """The cameras at one size that the scene can draw.

    Args:
        size_px: (width, height); None: the scene's own size, else that of the first camera.
        fit: what becomes of a picture of another shape; None: `usual_fit`. A scene of one size cuts off.

    Raises:
        UserError: no cameras, or the scene can't draw `size_px`.
    """
    if not cameras:
        raise UserError("the path has no cameras")
    native = scene.native_px
    if native is None:
        size = size_px or cameras[0].size_px
        fitted = {"crop": fit_filling, "pad": fit_around}
        return tuple(fitted[fit or usual_fit(scene, camera, size)](camera, size) for camera in cameras)
    if size_px is not None and size_px != native:
        raise UserError(
            f"size {size_px[0]}x{size_px[1]}: this scene can only draw {native[0]}x{native[1]}; leave the size out"
        )
    if fit == "pad":
        raise UserError(f"fit pad: this scene can only draw {native[0]}x{native[1]}, and cuts off what does not fit")
    return tuple(fit_native(camera, native, scene.cropped_px) for camera in cameras)


def fit_note(scene: Scene, cameras: Sequence[Camera], size_px: tuple[int, int] | None, fit: Fit | None) -> str:
    """Tells in plain words what `fit_cameras` does to pictures of another shape; empty where there are none."""
    size = scene.native_px or size_px or cameras[0].size_px
    other = next((camera for camera in cameras if not same_aspect(camera.size_px, size)), None)
    if other is None:
        return ""
    (width, height), (wide, high) = size, other.size_px
    across = "sides" if width * high < height * wide else "top and bottom"
    if scene.native_px is not None or (fit or usual_fit(scene, other, size)) == "crop":
        done = f"the {across} are cut off"
    else:
        done = f"all of it is shown, and more at the {'top and bottom' if across == 'sides' else 'sides'}"
    choice = "" if scene.native_px is not None else " (--fit crop or pad)"
    return f"the cameras' pictures are {wide}x{high}, drawn are {width}x{height}: {done}{choice}"


def same_pose(a: Camera, b: Camera) -> bool:
    """Whether two cameras stand and look alike, to rounding."""
    return bool(np.abs(a.camera_to_world - b.camera_to_world).max() <= SAME_CAMERA * (1 + np.abs(a.position).max()))


def same_framing(a: Camera, b: Camera) -> bool:
    """Whether two cameras take the same picture, at whatever number of pixels (whole ones, so to half a pixel)."""
    b = b.resized(a.size_px)
    lens = np.abs(np.array(a.focal_px + a.centre_px) - np.array(b.focal_px + b.centre_px)).max()
    return same_pose(a, b) and bool(lens <= 0.5)
