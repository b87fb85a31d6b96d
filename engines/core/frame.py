"""What a scene gives for a camera."""

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
