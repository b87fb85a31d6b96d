"""A scene's field as it is asked: chunk by chunk, so that it can be stopped, and what it gives is looked at."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from engines.core.camera import Array
from engines.core.engine import ImplicitSurface, Stop
from engines.core.errors import BrokenContract, Cancelled, UserError

CHUNK = 2**14
"""Points at once: a second at most of a large network on a slow machine, so that it stops soon. Always as many, as sums
of another length are rounded otherwise."""
TETRAHEDRON = np.array([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
"""Every other corner of a cube of side 2 about the origin."""


class SurfaceField:
    """Asks a surface for values, gradients and colours."""

    def __init__(self, surface: ImplicitSurface, engine: str, stop: Stop, box: Array | None = None) -> None:
        """`engine`: the name of its method, for messages; `box`: [2, 3] world, None: the surface's own."""
        self._surface, self._engine, self._stop = surface, engine, stop
        self.box = np.asarray(surface.bounds if box is None else box, dtype=np.float64)
        """What is taken of it, [2, 3] world."""
        self.asked = 0
        """Points whose values were asked for."""

    def values(self, points: Array, on_part: Callable[[float], None] | None = None) -> Array:
        """[N] float32, positive inside, of points [N, 3], world.

        Args:
            on_part: told the share that is done.

        Raises:
            Cancelled: `stop` said so.
            UserError: some value is no number.
        """
        self.asked += len(points)
        values = self._each(self._surface.values, "values", points, (), on_part)
        if np.isnan(values).any():
            raise UserError(
                f"the scene's field is not a number at {int(np.isnan(values).sum())} of {len(points)} points: "
                "its weights are damaged, or its training diverged"
            )
        # A surface is looked for between finite values; where they are infinite it is somewhere between all the same.
        return np.asarray(np.clip(values, np.finfo(np.float32).min / 4, np.finfo(np.float32).max / 4))

    def colours(self, points: Array) -> Array:
        """[N, 3] float32 in [0, 1], of points [N, 3] on the surface, world.

        Raises:
            Cancelled: `stop` said so.
        """
        found = self._each(self._surface.colours, "colours", points, (3,), None)
        return np.asarray(np.clip(np.nan_to_num(found), 0, 1))

    def linear(self, points: Array, step: float, on_part: Callable[[float], None] | None = None) -> tuple[Array, Array]:
        """What the field is about points, as far as it is linear there: of each four others are asked around it.

        At the box they are taken inside it: nobody knows what a field is beyond.

        Args:
            points: [N, 3], world.
            step: half the side of the cube whose corners are asked, every other one; world units.
            on_part: told the share that is done.

        Returns:
            values: [N] float64 at the points.
            gradients: [N, 3] float64.

        Raises:
            Cancelled: `stop` said so.
            UserError: some value is no number.
        """
        middles = np.clip(points, self.box[0] + step, np.maximum(self.box[1] - step, self.box[0] + step))
        around = self.values((middles[:, None] + step * TETRAHEDRON).reshape(-1, 3), on_part).astype(np.float64)
        gradients = around.reshape(-1, 4) @ TETRAHEDRON / (4 * step)
        return around.reshape(-1, 4).mean(axis=1) + ((points - middles) * gradients).sum(axis=1), gradients

    def within(self, points: Array) -> Array:
        """[N, 3] points [N, 3], those beyond the box brought onto it."""
        return np.asarray(np.clip(points, *self.box))

    def check_stop(self) -> None:
        """Between steps of whoever works with what it gave.

        Raises:
            Cancelled: `stop` said so.
        """
        if self._stop():
            raise Cancelled

    def _each(
        self,
        ask: Callable[[Tensor], Tensor],
        name: str,
        points: Array,
        shape: tuple[int, ...],
        on_part: Callable[[float], None] | None,
    ) -> Array:
        given = np.empty((len(points), *shape), dtype=np.float32)
        with torch.inference_mode():
            for first in range(0, len(points), CHUNK):
                self.check_stop()
                part = torch.from_numpy(points[first : first + CHUNK].astype(np.float32)).to(self._surface.device)
                found: object = ask(part)
                self._require(name, found, (len(part), *shape))
                given[first : first + CHUNK] = found.cpu().numpy()  # type: ignore[attr-defined]
                if on_part is not None:
                    on_part(min(first + CHUNK, len(points)) / len(points))
        return given

    def _require(self, name: str, found: object, shape: tuple[int, ...]) -> None:
        if isinstance(found, Tensor) and found.shape == shape and found.dtype == torch.float32:
            return
        what = f"{list(found.shape)} of {found.dtype}" if isinstance(found, Tensor) else f"a {type(found).__name__}"
        raise BrokenContract(
            f"method {self._engine}: the {name} of its surface are {what}; they must be {list(shape)} of float32"
        )
