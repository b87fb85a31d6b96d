"""From a frame to bytes on the screen: one pass on the frame's own device, one copy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engines.core.camera import Array
from engines.core.device import to_host
from engines.core.frame import Frame

Pixels = npt.NDArray[np.uint8]

# Index 0 of every colour table: no value there (background, NaN).
NOTHING_RGB = (96, 96, 96)
# Percentiles need no more samples than this, and sorting a whole picture would cost more than drawing it.
PERCENTILE_SAMPLES = 65536
# Torch divides an operation among threads from 32,768 values on.
BAND_VALUES = 32767
COLOUR_MAPS: Mapping[str, int | None] = {
    "turbo": cv2.COLORMAP_TURBO,
    "viridis": cv2.COLORMAP_VIRIDIS,
    "inferno": cv2.COLORMAP_INFERNO,
    "cividis": cv2.COLORMAP_CIVIDIS,
    "grey": None,
}
REVERSED = "_r"
"""Behind a map's name: its colours the other way round."""
_USUAL_MAPS = {"depth": "turbo", "error": "inferno"}
OWN_COLOURS = ("rgb", "normals")
"""Channels whose values are colours by themselves."""


def usual_map(channel: str) -> str:
    """The colour map that a channel has unless another is chosen."""
    return _USUAL_MAPS.get("error" if is_error(channel) else channel, "viridis")


def is_colour_map(name: str) -> bool:
    """Whether this names a colour map, or one that is reversed."""
    return name.removesuffix(REVERSED) in COLOUR_MAPS


def is_error(channel: str) -> bool:
    """Whether a channel is an error: "error" of colours, "error_depth" and the like of another channel."""
    return channel == "error" or channel.startswith("error_")


@cache
def _colour_table(channel: str, colour_map: str) -> Pixels:
    """[256, 3] RGB: `NOTHING_RGB`, then 255 colours from the lowest value to the highest."""
    ramp = np.linspace(0, 255, 255).round().astype(np.uint8)[:, None]
    # Near is warm, or bright.
    if (channel == "depth") != colour_map.endswith(REVERSED):
        ramp = ramp[::-1].copy()
    number = COLOUR_MAPS.get(colour_map.removesuffix(REVERSED), COLOUR_MAPS[usual_map(channel)])
    colours = np.repeat(ramp, 3, axis=1) if number is None else cv2.applyColorMap(ramp, number)[:, 0, ::-1]
    return np.concatenate([np.array([NOTHING_RGB], dtype=np.uint8), colours])


def has_limits(frame: Frame, channel: str) -> bool:
    """Whether the channel is a map of single values, drawn in colours between limits."""
    return channel != "rgb" and channel_values(frame, channel).ndim == 2


def channel_values(frame: Frame, channel: str) -> Tensor:
    """[H, W] or [H, W, 3] of a channel.

    Raises:
        ValueError: the frame lacks it, or it has neither 1 nor 3 values a pixel.
    """
    values = frame.image if channel == "rgb" else frame.depth if channel == "depth" else frame.extra.get(channel)
    if values is None:
        raise ValueError(f"the frame has no channel {channel}")
    if values.ndim == 3 and values.shape[-1] == 1:
        values = values[..., 0]
    if values.ndim == 3 and values.shape[-1] != 3:
        raise ValueError(f"channel {channel} has {values.shape[-1]} values a pixel; 1 or 3 can be shown")
    return values


def shade(frame: Frame, channel: str, limits: tuple[float, float] | None = None, colour_map: str = "") -> Pixels:
    """[H, W, 3] RGB bytes of one channel.

    Args:
        channel: "rgb", "depth" (near is warm, background grey), "normals", "error" or any name in `frame.extra`.
        limits: the values at the two ends of the colours; by default `channel_limits`. Not used for rgb and normals.
        colour_map: of `COLOUR_MAPS`, perhaps `REVERSED`; by default the channel's `usual_map`.

    Raises:
        ValueError: the frame lacks the channel, or it has neither 1 nor 3 values a pixel.
    """
    values = channel_values(frame, channel)
    if values.ndim == 3:
        scale, offset = (127.5, 128.0) if channel == "normals" else (255.0, 0.5)
        return _bytes(values.detach(), scale, offset)
    low, high = limits or channel_limits(frame, channel)
    # Fit to 1 .. 255; 0 says that there is no value.
    index = ((values.detach().float() - low) * (254 / max(high - low, 1e-12)) + 1.5).clamp_(1, 255)
    index = torch.where(torch.isfinite(values), index, torch.zeros_like(index)).to(torch.uint8)
    # cv2 wants a table of one column; it copies channels as they stand, so RGB stays RGB.
    colours = cv2.applyColorMap(
        np.ascontiguousarray(to_host(index).numpy()), _colour_table(channel, colour_map)[:, None]
    )
    return np.asarray(colours, dtype=np.uint8)


def shade_at(
    frame: Frame,
    channel: str,
    size_px: tuple[int, int],
    limits: tuple[float, float] | None = None,
    colour_map: str = "",
) -> Pixels:
    """[H, W, 3] RGB bytes as `shade` gives them, at (width, height): depth may be coarser than the image."""
    pixels = shade(frame, channel, limits, colour_map)
    if (pixels.shape[1], pixels.shape[0]) == size_px:
        return pixels
    return np.asarray(cv2.resize(pixels, size_px, interpolation=cv2.INTER_NEAREST), dtype=np.uint8)


def _bytes(values: Tensor, scale: float, offset: float) -> Pixels:
    """`values` [H, W, 3] * scale + offset, whole numbers within 0 to 255; NaN is 0."""
    if values.device.type != "cpu":
        return np.ascontiguousarray(to_host(_scaled(values, scale, offset).to(torch.uint8)).numpy())
    # In bands that torch does in this thread alone: several would wait for each other longer than they work, and far
    # longer where something else, such as an encoder, has the processor.
    pixels, rows = torch.empty(values.shape, dtype=torch.uint8), max(1, BAND_VALUES // max(1, values.shape[1] * 3))
    for begin in range(0, len(values), rows):
        pixels[begin : begin + rows] = _scaled(values[begin : begin + rows], scale, offset)
    return pixels.numpy()


def _scaled(values: Tensor, scale: float, offset: float) -> Tensor:
    return values.float().mul(scale).add_(offset).clamp_(0, 255).nan_to_num_()


def channel_limits(frame: Frame, channel: str) -> tuple[float, float]:
    """The limits that `shade` takes by itself; errors always begin at 0.

    Raises:
        ValueError: the frame lacks the channel.
    """
    low, high = depth_limits(channel_values(frame, channel))
    return (0.0, high) if is_error(channel) else (low, high)


def depth_limits(depth: Tensor | Array) -> tuple[float, float]:
    """1st and 99th percentile of the finite values; (0, 1) where there are none. Always low < high.

    Args:
        depth: [H, W]; large maps are sampled.
    """
    values = torch.as_tensor(depth).detach()
    step = max(1, int(np.ceil(np.sqrt(values.numel() / PERCENTILE_SAMPLES))))
    samples = to_host(values[::step, ::step].float()).numpy()
    samples = samples[np.isfinite(samples)]
    if samples.size == 0:
        return 0.0, 1.0
    low, high = (float(x) for x in np.percentile(samples, (1, 99)))
    # A flat map has no range of its own; a thousandth either way keeps the division sound.
    margin = max(abs(low), abs(high), 1e-3) * 1e-3
    return (low, high) if high - low > margin else (low - margin, high + margin)


def colour_bar(height_px: int, width_px: int, channel: str = "depth", colour_map: str = "") -> Pixels:
    """[height, width, 3] the channel's colours, lowest value at the bottom."""
    rows = np.linspace(255, 1, height_px).round().astype(np.uint8)
    return np.repeat(_colour_table(channel, colour_map)[rows][:, None], width_px, axis=1)


def error_map(image: Tensor | Array, photograph: Tensor | Array) -> Tensor:
    """[H, W] mean absolute difference of the three colours, in [0, 1]; goes into `Frame.extra` as "error".

    Args:
        image: [H, W, 3], clamped to [0, 1] first, as it is shown.
        photograph: [H, W, 3] in [0, 1].

    Raises:
        ValueError: their sizes differ.
    """
    image = torch.as_tensor(image)
    photograph = torch.as_tensor(photograph, device=image.device, dtype=image.dtype)
    if image.shape != photograph.shape:
        raise ValueError(f"image {tuple(image.shape)} and photograph {tuple(photograph.shape)} differ in size")
    return (image.clamp(0, 1) - photograph).abs().mean(dim=-1)
