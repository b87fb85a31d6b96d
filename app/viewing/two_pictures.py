"""Two pictures of one camera as they are seen together: a line between them, one over the other, their difference."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch

from app.camera.fitting import same_framing
from app.rendering import display
from app.rendering.display import NOTHING_RGB, Pixels
from app.rendering.render_requests import RenderedImage
from engines.core.camera import Array, Camera
from engines.core.device import to_host
from engines.core.frame import Frame


def wiped(picture: Array, other: Array, share: float) -> Array:
    """[H, W, 3] the other one at the left, up to `share` of the width, the picture at the right."""
    edge = round(share * picture.shape[1])
    return np.concatenate([other[:, :edge], picture[:, edge:]], axis=1)


def blended(picture: Array, other: Array, share: float) -> Array:
    """[H, W, 3] `share` of the other one over the picture."""
    return np.asarray(cv2.addWeighted(other, share, picture, 1 - share, 0.0))


def seen_by(values: Array, camera: Camera, by: Camera, outside: tuple[float, ...], smooth: bool | None = None) -> Array:
    """A picture [H, W] or [H, W, C] of `camera`, as `by` would have taken it, which stands where it stands.

    Args:
        outside: of pixels that `camera` did not see.
        smooth: whether values between pixels are mixed; None: of bytes.
    """
    if values.shape[:2] == by.size_px[::-1] and same_framing(camera, by):
        return values
    # Of what may be coarser than the camera's picture.
    camera = camera.resized((values.shape[1], values.shape[0]))
    scale = [own / other for own, other in zip(camera.focal_px, by.focal_px, strict=True)]
    begin = [
        own - factor * (other - 0.5) - 0.5
        for own, other, factor in zip(camera.centre_px, by.centre_px, scale, strict=True)
    ]
    mapping = np.array([[scale[0], 0, begin[0]], [0, scale[1], begin[1]]])
    is_smooth = values.dtype == np.uint8 if smooth is None else smooth
    flags = (cv2.INTER_LINEAR if is_smooth else cv2.INTER_NEAREST) | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(values, mapping, by.size_px, flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=outside)
    )


@dataclass(frozen=True, eq=False)
class PictureDifference:
    """The places where two pictures differ, in colours.

    Attributes:
        pixels: [H, W, 3] uint8, in the colours of errors; grey where one of them shows nothing.
        limits: the differences at the two ends of the colours.
    """

    pixels: Pixels
    limits: tuple[float, float]


def difference(first: RenderedImage, second: RenderedImage, camera: Camera) -> PictureDifference | None:
    """Finds where the second picture, whose camera in the first's coordinates is `camera`, differs from the first.

    Colours differ by the mean of the three, of 1; values such as depths by themselves. None where they show different
    channels, or a preview has no values.
    """
    channel = first.request.channel
    if second.request.channel != channel:
        return None
    values = [_values(picture, channel) for picture in (first, second)]
    if values[0] is None or values[1] is None:
        return None
    own = seen_by(values[0], first.camera, first.camera, (np.nan,) * 3)
    other = seen_by(values[1], camera, first.camera, (np.nan,) * 3)
    error = error_between(own, other)
    height, width = error.shape
    frame = Frame(torch.zeros((height, width, 3)), None, {"error": torch.from_numpy(np.ascontiguousarray(error))})
    limits = display.channel_limits(frame, "error")
    return PictureDifference(display.shade(frame, "error", limits), limits)


def error_between(first: Array, second: Array) -> Array:
    """[H, W] how far two channels [H, W] or [H, W, 3] differ, by the mean of three; NaN where one has none."""
    with np.errstate(invalid="ignore"):
        # Of two that are endless both.
        error = np.abs(first - second)
    error = np.where(np.isfinite(error), error, np.float32(np.nan))
    return np.asarray(error.mean(axis=2) if error.ndim == 3 else error)


def _values(picture: RenderedImage, channel: str) -> Array | None:
    """[H, W] or [H, W, 3] float32 of a picture's channel."""
    frame = picture.frame
    if frame is not None and display.has_limits(frame, channel):
        return to_host(display.channel_values(frame, channel).detach().float()).numpy()
    # A preview of values is colours, which say nothing of how far apart they are.
    if picture.limits is not None:
        return None
    return picture.pixels.astype(np.float32) / np.float32(255)


def outside_rgb() -> tuple[float, ...]:
    """The colour of what one of two scenes does not see."""
    return tuple(float(value) for value in NOTHING_RGB)
