"""A frame: the channels (buffers) that a scene gives for a camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

ALPHA = "alpha"
"""The channel [H, W] that says how far a pixel covers what is behind it, in [0, 1]."""
Colour = tuple[float, float, float]
"""Red, green, blue in [0, 1], sRGB as images are."""
WHITE: Colour = (1.0, 1.0, 1.0)
BLACK: Colour = (0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Frame:
    """One rendered picture; its tensors stay on the device they were made on.

    Attributes:
        image: [H, W, 3] float32; a network may leave [0, 1] slightly, whoever shows or writes it clamps.
        depth: [H, W] float32 along +z, world units, +inf where nothing is hit, 0 where the camera stands in what it
            sees; None where the method gives none.
        extra: further channels by name, each [H, W] or [H, W, C].
        backdrop: of a frame with `ALPHA`, the colour that the image was laid over; None: its colours are straight, as
            the scene has them whatever covers them.
    """

    image: Tensor
    depth: Tensor | None = None
    extra: Mapping[str, Tensor] = field(default_factory=dict)
    backdrop: Colour | None = None


@dataclass(frozen=True, eq=False)
class Samples:
    """Some pixels of a picture, in an order of their own; else as a `Frame`.

    Attributes:
        image: [N, 3] float32.
        depth: [N] float32; None where the method gives none.
        extra: further channels by name, each [N] or [N, C]; those that are made of a pixel's neighbours are left out.
    """

    image: Tensor
    depth: Tensor | None = None
    extra: Mapping[str, Tensor] = field(default_factory=dict)
