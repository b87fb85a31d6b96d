"""What is known of the points on surfaces that a photograph sees, as structure from motion finds them."""

from __future__ import annotations

from typing import Protocol

from engines.core.camera import Array


class SeenPoints(Protocol):
    """Points that are known to be seen in a photograph."""

    def read(self) -> Array:
        """[N, 3] world, read now.

        Raises:
            UserError: they can't be read.
        """
        ...
