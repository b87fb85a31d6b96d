"""A rendered image: bytes to look at, numbers to compute with."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from app.api.wording import python_worded
from app.export.image_folder import write_array, write_image
from app.rendering.display import COLOUR_MAPS, REVERSED, Pixels, is_colour_map, shade_at
from engines.core.camera import Array, Camera
from engines.core.device import to_host
from engines.core.errors import UserError
from engines.core.files import replacing
from engines.core.frame import Frame


@dataclass(frozen=True, eq=False, repr=False)
class Image:
    """What a scene gives for a camera; one of its channels is looked at.

    `np.asarray(image)` is what the window and `main.py render` show of that channel, [H, W, 3] uint8 RGB; in a notebook
    it is shown. `numpy` and `torch` give the channel's own values.

    Attributes:
        frame: all channels, on the device that they were drawn on.
        camera: that it was drawn from, in the scene's coordinates.
        channel: that is looked at: "rgb", "depth", or another of `channels`.
        limits: the values at the two ends of the colours, of a channel of single values; None: its 1st and 99th
            percentile.
        colour_map: "turbo", "viridis", "inferno", "cividis" or "grey", the other way round with "_r" behind
            it; "": the channel's usual one.
    """

    frame: Frame
    camera: Camera
    channel: str = "rgb"
    limits: tuple[float, float] | None = None
    colour_map: str = ""

    @property
    def size_px(self) -> tuple[int, int]:
        """(width, height)."""
        return self.camera.size_px

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, 3), as of `np.asarray(image)`."""
        width, height = self.camera.size_px
        return height, width, 3

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels there are."""
        return ("rgb", *(("depth",) if self.frame.depth is not None else ()), *self.frame.extra)

    @cached_property
    def pixels(self) -> Pixels:
        """[H, W, 3] uint8 RGB of the channel that is looked at; not to be written to."""
        pixels = shade_at(self.frame, self.channel, self.camera.size_px, self.limits, self.colour_map)
        pixels.setflags(write=False)
        return pixels

    @python_worded
    def with_channel(self, channel: str, limits: tuple[float, float] | None = None, colour_map: str = "") -> Image:
        """This image with another channel to be looked at.

        Args:
            channel: of `channels`.
            limits: the values at the two ends of the colours, for several images to be alike.
            colour_map: as in `Image`.

        Raises:
            UserError: there is no such channel or colour map.
        """
        self._require(channel)
        if colour_map and not is_colour_map(colour_map):
            known = ", ".join(COLOUR_MAPS)
            raise UserError(f"colour_map {colour_map}: must be one of {known}, perhaps with {REVERSED} behind it")
        return replace(self, channel=channel, limits=limits, colour_map=colour_map)

    def torch(self, channel: str | None = None) -> Tensor:
        """A channel's own values, float32, a copy on the scene's device.

        rgb: [H, W, 3], about 0 to 1 (a network may leave that slightly). depth: [H, W] along the camera's +z in the
        scene's units, inf where nothing is hit. normals: [H, W, 3] unit vectors in the world. alpha: [H, W], 0 to 1.
        Others as their method gives them. Depth may be coarser than the image.

        Args:
            channel: None: that which is looked at.

        Raises:
            UserError: there is no such channel.
        """
        name = self.channel if channel is None else channel
        self._require(name)
        if name == "rgb":
            values = self.frame.image
        else:
            values = self.frame.depth if name == "depth" and self.frame.depth is not None else self.frame.extra[name]
        # Frames are made where gradients are never asked for; a copy made here may be computed with.
        with torch.inference_mode(False):
            return values.detach().clone()

    def numpy(self, channel: str | None = None) -> Array:
        """A channel's own values as `torch` gives them, as a numpy array of its own."""
        return np.asarray(to_host(self.torch(channel)).numpy())

    @property
    def depth(self) -> Array:
        """[H, W] float32 along the camera's +z, in the scene's units; inf where nothing is hit."""
        return self.numpy("depth")

    @property
    def normals(self) -> Array:
        """[H, W, 3] float32 unit vectors in the world."""
        return self.numpy("normals")

    @property
    def alpha(self) -> Array:
        """[H, W] float32 in [0, 1]: how far a pixel covers what is behind it."""
        return self.numpy("alpha")

    @python_worded
    def save(self, path: str | PathLike[str]) -> Path:
        """Writes what is looked at as .png, or the channel's own values as .npy, atomically.

        Raises:
            UserError: another suffix, or the place can't be written.
        """
        out = Path(path).expanduser()
        suffix = out.suffix.lower()
        if suffix not in (".png", ".npy"):
            raise UserError(f"{out}: an image is written as .png, or as numbers, .npy")
        with replacing(out) as temporary:
            if suffix == ".png":
                write_image(temporary, self.pixels)
            else:
                write_array(temporary, self.numpy())
        return out

    def _require(self, channel: str) -> None:
        if channel not in self.channels:
            raise UserError(f"channel {channel}: this image has {', '.join(self.channels)}")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """[H, W, 3] `pixels`, for `np.asarray` and what takes arrays."""
        return np.array(self.pixels, dtype=dtype, copy=True if copy is None else copy)

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        write_image(file, self.pixels)
        return file.getvalue()

    def __repr__(self) -> str:
        width, height = self.size_px
        return f"<vantage.Image {width}x{height}: {self.channel} of {', '.join(self.channels)}>"
