"""The photometric error of a rendered picture: it and the photograph of the same camera, beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import torch

from app.camera.fitting import same_framing
from app.rendering import display
from app.rendering.crop_box import CropBox
from app.rendering.render_requests import RenderedImage
from app.viewing.instances import find_choice
from app.viewing.opening import Opened
from app.viewing.viewpoints import ViewPoint, view_at
from engines.core.camera import Array, Camera
from engines.core.data.images import SMALLEST_SIDE_PX, resize_area, to_uint8
from engines.core.data.views import View
from engines.core.device import to_host
from engines.core.engine import BLEND, INSTANCE, TIME, Scene
from engines.core.frame import Frame
from engines.core.learning import metrics


@dataclass(frozen=True, eq=False)
class PhotoComparison:
    """What a training view's photograph says about the picture.

    Attributes:
        camera: of both.
        photograph: [H, W, 3] uint8.
        error: [H, W, 3] uint8, the absolute difference as a heat map.
        limits: the differences at the two ends of the heat map's colours.
        psnr_db: over the pixels that count: all, where no mask leaves some out.
        controls: that the picture was drawn with.
        crop: to which the picture was cropped: what lies outside does not count; None: all does.
        ssim: structural similarity (Wang et al. 2004) over the same; None: not known yet, or the picture is too small.
    """

    camera: Camera
    photograph: Array
    error: Array
    limits: tuple[float, float]
    psnr_db: float
    controls: Mapping[str, float] = field(default_factory=dict)
    crop: CropBox | None = None
    ssim: float | None = None


@dataclass(frozen=True, eq=False)
class PhotographedFrame:
    """A rendered picture and the photograph of its camera, of one size.

    Attributes:
        frame: that was rendered.
        photograph: [H, W, 3] float32 in [0, 1].
        valid: [H, W] bool, the pixels that count; None: all.
    """

    frame: Frame
    photograph: Array
    valid: Array | None

    def compared(self, camera: Camera, controls: Mapping[str, float]) -> PhotoComparison:
        """All that is known at once; structural similarity takes several times as long."""
        error = display.error_map(self.frame.image, self.photograph)
        squares, valid = np.square(_rendered(self.frame) - self.photograph, dtype=np.float64), self.valid
        if valid is not None and valid.any():
            # What masks leave out is no error.
            error, squares = error * torch.from_numpy(valid).to(error), squares[valid]
        mse = float(np.mean(squares))
        psnr_db = float(-10 * np.log10(mse)) if mse > 0 else float("inf")
        shown = Frame(self.frame.image, self.frame.depth, {"error": error})
        limits = display.channel_limits(shown, "error")
        pixels = display.shade(shown, "error", limits)
        return PhotoComparison(camera, to_uint8(self.photograph), pixels, limits, psnr_db, controls)

    def within(self, kept: Array) -> PhotographedFrame:
        """The pair, of which only the pixels `kept` [H, W] bool count, too."""
        return replace(self, valid=kept if self.valid is None else kept & self.valid)

    def ssim(self) -> float | None:
        """The structural similarity; None where a side is shorter than its windows, or no pixel counts."""
        if min(self.photograph.shape[:2]) < SMALLEST_SIDE_PX or (self.valid is not None and not self.valid.any()):
            return None
        valid = None if self.valid is None else torch.from_numpy(np.ascontiguousarray(self.valid))
        photograph = torch.from_numpy(np.ascontiguousarray(self.photograph))
        return metrics.ssim(torch.from_numpy(_rendered(self.frame)), photograph, valid)


def photograph_of(picture: RenderedImage, point: ViewPoint, opened: Opened) -> View | None:
    """The view of the data folder that shows what an exact picture shows: camera, object, time step; None if none."""
    controls, dataset, view = picture.request.controls, opened.dataset, point.view
    if view is None or dataset is None or not same_framing(picture.camera, point.camera):
        return None
    choice = find_choice(opened.scene, dataset, view.instance)
    if round(controls.get(INSTANCE, 0)) != choice or controls.get(BLEND, 0.0) > 0:
        return None
    return view_at(dataset, view, round(controls.get(TIME, 0)))


def photographed_frame(frame: Frame, camera: Camera, view: View, scene: Scene) -> PhotographedFrame:
    """A frame that `scene` drew for `camera`, and the view's photograph, read now and brought to the frame's size.

    Raises:
        UserError: the photograph can't be read.
    """
    if scene.native_px is None:
        return PhotographedFrame(frame, _smooth(view.image(), camera.size_px), view.resized_valid(camera.size_px))
    side_px = scene.native_px[0] + 2 * scene.cropped_px
    photograph, valid = view.square_image(side_px, scene.cropped_px), view.square_valid(side_px, scene.cropped_px)
    return PhotographedFrame(frame, photograph, valid)


def _smooth(image: Array, size_px: tuple[int, int]) -> Array:
    """The image [H, W, 3] at (width, height), enlarged as smoothly as the picture is drawn: squares flatter neither."""
    if size_px[0] <= image.shape[1]:
        return resize_area(image, size_px)
    return np.asarray(cv2.resize(image, size_px, interpolation=cv2.INTER_LINEAR))


def _rendered(frame: Frame) -> Array:
    return np.asarray(to_host(frame.image.detach().float().clamp(0, 1)).numpy())
