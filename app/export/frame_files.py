"""The files of a frame in a folder, by format: what is in each, its name, and how it is written.

A frame is made into one array a file, which other processes can send; the first writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from app.export.exr import BT709_CHROMATICITIES, linear_light, write_exr
from app.export.image_folder import write_array, write_deep_colour, write_deep_grey, write_image
from app.rendering.display import channel_values, shade_at
from engines.core.camera import Array
from engines.core.data.images import resize_nearest
from engines.core.errors import UserError
from engines.core.frame import Frame

Limits = tuple[float, float]
DEEP = 65535
"""The highest value of 16 bits."""
DEPTH_WORDS = {
    "z": "z: distance along the camera's +z axis, in scene units; infinite where nothing is hit",
    "range": "range: distance from the camera along each pixel's ray, in scene units; infinite where nothing is hit",
}
LINEAR_WORDS = "R G B: linear light, decoded from sRGB (IEC 61966-2-1); BT.709 primaries"
PREMULTIPLIED_WORDS = "premultiplied: R G B are multiplied by A"
NORMAL_WORDS = "unit vectors in the scene's world coordinates"


@dataclass(frozen=True, eq=False)
class FramePart:
    """One file of each frame.

    Attributes:
        name: what its name begins with.
        suffix: of its name.
        make: the array [H, W] or [H, W, C] of a frame.
        write: writes it to a path.
        needs_limits: the channel whose values of the whole path are to lie within known limits; "": of none.
    """

    name: str
    suffix: str
    make: Callable[[Frame], Array]
    write: Callable[[Path, Array], None]

    def file_name(self, index: int) -> str:
        """Its name in the folder."""
        return f"{self.name}_{index:05d}{self.suffix}"


@dataclass(frozen=True, eq=False)
class PartsRequest:
    """What the files of a folder depend on.

    Attributes:
        channels: of the scene.
        is_transparent: whether colours keep their alpha.
        depth: "z" or "range".
        size_px: (width, height) of each picture.
        limits: of channels, over the whole path; for those that `FrameFormat.limited` names.
        colour_maps: of channels, where they are not the usual ones.
    """

    channels: Sequence[str]
    is_transparent: bool
    depth: str
    size_px: tuple[int, int]
    limits: Mapping[str, Limits] = field(default_factory=dict)
    colour_maps: Mapping[str, str] = field(default_factory=dict)

    def name(self, channel: str) -> str:
        """What the files of a channel begin with."""
        return "range" if channel == "depth" and self.depth == "range" else channel


@dataclass(frozen=True, eq=False)
class FrameFormat:
    """A format of a folder's files.

    Attributes:
        title: for people.
        parts: the files of each frame.
        is_limited: whether channels of single values need the limits of the whole path.
    """

    title: str
    parts: Callable[[PartsRequest], list[FramePart]]
    is_limited: bool = False

    def check(self, channels: Sequence[str]) -> None:
        """Whether these channels can be written.

        Raises:
            UserError: says which can't.
        """
        others = [channel for channel in channels if channel not in ("rgb", "depth", "normals", "alpha")]
        if self.parts is _deep_parts and others:
            raise UserError(f"channel {others[0]}: can't be a PNG of 16 bits, it has no range; write it as exr or npy")


def numbers(frame: Frame, channel: str) -> Array:
    """[H, W] or [H, W, C] float32 of a channel, as the scene gives it."""
    values = frame.image if channel == "rgb" else frame.depth if channel == "depth" else frame.extra.get(channel)
    if values is None:
        raise ValueError(f"the frame has no channel {channel}")
    return np.asarray(values.detach().to("cpu", torch.float32, copy=True).numpy())


def colours(frame: Frame, is_transparent: bool) -> Array:
    """[H, W, 3 or 4] float32 in [0, 1]: colours, which are not multiplied by the alpha that may follow them."""
    image = numbers(frame, "rgb")
    if not is_transparent:
        return image
    alpha = numbers(frame, "alpha").reshape(*image.shape[:2], 1)
    return np.concatenate([image, alpha], axis=2)


def byte_colours(frame: Frame, is_transparent: bool, shaded: Array | None = None) -> Array:
    """[H, W, 3 or 4] bytes of what is shown, with the picture's alpha.

    Args:
        shaded: [H, W, 3] bytes; None: the picture's colours.
    """
    height, width = frame.image.shape[:2]
    shown = shade_at(frame, "rgb", (width, height)) if shaded is None else shaded
    if not is_transparent:
        return shown
    alpha = numbers(frame, "alpha").reshape(height, width, 1)
    if shaded is not None:
        alpha = np.ones_like(alpha)
    return np.concatenate([shown, _levels(alpha, 255)], axis=2)


def _levels(values: Array, highest: int) -> Array:
    """Whole numbers for values in [0, 1]; what lies outside is clamped, NaN is 0."""
    kind = np.uint8 if highest == 255 else np.uint16
    return np.asarray(np.nan_to_num(np.clip(values, 0, 1)) * highest + 0.5).astype(kind)


def _raw_parts(request: PartsRequest, of_colours: bool = False) -> list[FramePart]:
    def part(channel: str) -> FramePart:
        if channel == "rgb" and not of_colours:
            return FramePart("rgb", ".png", partial(byte_colours, is_transparent=request.is_transparent), write_image)
        if channel == "rgb":
            return FramePart("rgb", ".npy", partial(colours, is_transparent=request.is_transparent), write_array)
        return FramePart(request.name(channel), ".npy", partial(numbers, channel=channel), write_array)

    return [part(channel) for channel in request.channels]


def _picture_parts(request: PartsRequest) -> list[FramePart]:
    def part(channel: str) -> FramePart:
        def shown(frame: Frame) -> Array:
            if channel == "rgb":
                return byte_colours(frame, request.is_transparent)
            colour_map = request.colour_maps.get(channel, "")
            return shade_at(frame, channel, request.size_px, request.limits.get(channel), colour_map)

        return FramePart(request.name(channel), ".png", shown, write_image)

    return [part(channel) for channel in request.channels]


def _deep_parts(request: PartsRequest) -> list[FramePart]:
    return [_deep_part(channel, request) for channel in request.channels]


def _deep_part(channel: str, request: PartsRequest) -> FramePart:
    def deep(frame: Frame) -> Array:
        if channel == "rgb":
            return _levels(colours(frame, request.is_transparent), DEEP)
        if channel == "normals":
            return _levels(numbers(frame, channel) / 2 + 0.5, DEEP)
        return _levels(_plane(frame, channel), DEEP) if channel == "alpha" else _steps(_plane(frame, channel), step)

    if channel in ("rgb", "normals"):
        return FramePart(channel, ".png", deep, write_deep_colour)
    if channel == "alpha":
        return FramePart(channel, ".png", deep, partial(write_deep_grey, text={"alpha": f"value / {DEEP}"}))
    # Twice as far as the first frame sees, along the path: what is beyond has the last value.
    step = 2 * request.limits[channel][1] / DEEP
    words = {"depth": f"value * {step!r}; 0: nothing is hit; {DEPTH_WORDS[request.depth]}"}
    return FramePart(request.name(channel), ".png", deep, partial(write_deep_grey, text=words))


def _plane(frame: Frame, channel: str) -> Array:
    values = numbers(frame, channel)
    return values.reshape(values.shape[:2])


def _steps(depth: Array, step: float) -> Array:
    """[H, W] uint16 of depths; 0 where nothing is hit."""
    values = np.clip(np.round(np.where(np.isfinite(depth), depth, 0) / step), 1, DEEP)
    return np.where(np.isfinite(depth), values, 0).astype(np.uint16)


def _exr_parts(request: PartsRequest, is_half: bool) -> list[FramePart]:
    """Colours, their alpha and depth in one file, everything else in files of its own."""
    channels = list(request.channels)
    parts = []
    if "rgb" in channels:
        has_depth = "depth" in channels
        channels = [channel for channel in channels if channel not in ("rgb", "depth")]
        names = [*"RGB", *("A" if request.is_transparent else ""), *("Z" if has_depth else "")]
        words = {"vantage.colour": LINEAR_WORDS, "chromaticities": BT709_CHROMATICITIES}
        words |= {"colorInteropID": "lin_rec709_scene"}
        words |= {"vantage.alpha": PREMULTIPLIED_WORDS} if request.is_transparent else {}
        words |= {"vantage.depth": DEPTH_WORDS[request.depth]} if has_depth else {}
        make = partial(_linear, request=request, has_depth=has_depth)
        parts.append(FramePart("rgb", ".exr", make, _exr_writer(names, words, is_half)))
    for channel in channels:
        words = {"vantage.depth": DEPTH_WORDS[request.depth]} if channel == "depth" else {}
        words |= {"vantage.normals": NORMAL_WORDS} if channel == "normals" else {}
        make = partial(_planes, channel=channel)
        parts.append(FramePart(request.name(channel), ".exr", make, _exr_planes_writer(channel, words, is_half)))
    return parts


def _linear(frame: Frame, request: PartsRequest, has_depth: bool) -> Array:
    """[H, W, C] R G B, A and Z as far as they are asked for."""
    straight = colours(frame, request.is_transparent)
    planes = [linear_light(straight[..., :3])]
    if request.is_transparent:
        alpha = np.clip(straight[..., 3:], 0, 1)
        planes = [planes[0] * alpha, alpha]
    if has_depth:
        height, width = straight.shape[:2]
        planes.append(resize_nearest(_plane(frame, "depth"), (width, height))[..., None])
    return np.concatenate(planes, axis=2).astype(np.float32)


def _planes(frame: Frame, channel: str) -> Array:
    values = channel_values(frame, channel).detach().to("cpu", torch.float32).numpy()
    return np.asarray(values if values.ndim == 3 else values[..., None])


def _exr_writer(names: Sequence[str], words: Mapping[str, Any], is_half: bool) -> Callable[[Path, Array], None]:
    return partial(write_exr, names=names, attributes=words, is_half=is_half)


def _exr_planes_writer(channel: str, words: Mapping[str, Any], is_half: bool) -> Callable[[Path, Array], None]:
    def write(path: Path, planes: Array) -> None:
        single = "Z" if channel == "depth" else "A" if channel == "alpha" else "Y"
        layer = "N" if channel == "normals" else channel
        names = [single] if planes.shape[2] == 1 else [f"{layer}.{axis}" for axis in "XYZ"]
        write_exr(path, planes, names, words, is_half)

    return write


FORMATS: Mapping[str, FrameFormat] = {
    "exr": FrameFormat("OpenEXR, float", partial(_exr_parts, is_half=False)),
    "exr16": FrameFormat("OpenEXR, half", partial(_exr_parts, is_half=True)),
    "png": FrameFormat("PNG, 8 bit", _picture_parts, is_limited=True),
    "png16": FrameFormat("PNG, 16 bit", _deep_parts, is_limited=True),
    "npy": FrameFormat("Numbers (.npy)", partial(_raw_parts, of_colours=True)),
}
USUAL_FORMAT = FrameFormat("PNG, and .npy of other channels", _raw_parts)
"""Of a folder for which no other is named."""
