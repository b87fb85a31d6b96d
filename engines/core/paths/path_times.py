"""Time steps of a recording that a path of cameras says beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.errors import UserError

FARTHEST = 1e15
"""No recording has so many time steps."""


@dataclass(frozen=True, eq=False)
class TimesSaid:
    """What a file says of the time step of each of its cameras, as it stands there: it may be wrong.

    Attributes:
        path: the file.
        said: one a camera.
        are_shares: whether they say where between the first time step (0) and the last (1) it lies.
    """

    path: Path
    said: tuple[Any, ...]
    are_shares: bool = False

    def steps(self, time_steps: int) -> list[int]:
        """The time step of each camera, from 0 to `time_steps` - 1.

        Raises:
            UserError: some cameras have a time step and others none, or one is no number.
        """
        times = np.array(_checked(self.path, self.said))
        times = np.clip(times, 0, 1) * (time_steps - 1) if self.are_shares else times % time_steps
        return [int(time) for time in times.round().astype(np.int64) % time_steps]

    @property
    def numbers(self) -> list[int] | None:
        """The number of each camera's time step; None where they are shares, or not all are such."""
        are_whole = all(isinstance(time, int) and not isinstance(time, bool) and time >= 0 for time in self.said)
        return list(self.said) if are_whole and not self.are_shares else None


def times_said(path: Path, data: Any) -> TimesSaid | None:
    """What the JSON `data` of a path says of time steps; None where it says nothing.

    Ours say the time step's number (`time`), nerfstudio's where between the first (0) and the last (1) it lies
    (`render_time`); there every camera must have one, as in its own viewer.
    """
    shares = isinstance(data, Mapping)
    try:
        frames = data["camera_path"] if shares else data
        said = tuple(frame.get("render_time" if shares else "time") for frame in frames)
    # What is no path is told by whoever reads its cameras.
    except (KeyError, TypeError, AttributeError):
        return None
    return None if all(time is None for time in said) else TimesSaid(path, said, shares)


def _checked(path: Path, said: Sequence[Any]) -> list[float]:
    for index, time in enumerate(said):
        # True is an int in Python.
        if isinstance(time, bool) or not isinstance(time, int | float) or not -FARTHEST < time < FARTHEST:
            found = "has none" if time is None else f"has {time!r:.40}"
            raise UserError(
                f"{path}: camera {index} {found} for its time step; each needs a number, or none may have one"
            )
    return [float(time) for time in said]
