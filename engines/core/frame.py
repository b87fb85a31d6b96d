"""A frame: the channels (buffers) that a scene gives for a camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Frame:
    """One rendered picture; its tensors stay on the device they were made on.

    Attributes:
        image: [H, W, 3] float32; a network may leave [0, 1] slightly, whoever shows or writes it clamps.
        depth: [H, W] float32 along +z, world units, +inf where nothing is hit, 0 where the camera stands in what it
            sees; None where the method gives none.
        extra: further channels by name, each [H, W] or [H, W, C].
    """

    image: Tensor
    depth: Tensor | None = None
    extra: Mapping[str, Tensor] = field(default_factory=dict)


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
