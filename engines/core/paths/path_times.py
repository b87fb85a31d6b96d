"""Time steps of a recording that a path of cameras holds beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engines.core.errors import UserError
from engines.core.reading import read_json

FARTHEST = 1e15
"""No recording has so many time steps."""


def read_times(path: Path, time_steps: int) -> list[int] | None:
    """The time step of each camera of a `.json` path, from 0 to `time_steps` - 1; None where it holds none.

    Ours say the time step's number (`time`), nerfstudio's where between the first (0) and the last (1) it lies
    (`render_time`); there every camera must have one, as in its own viewer.

    Raises:
        UserError: some cameras have a time step and others none, or one is no number.
    """
    # What an export leaves beside its images.
    path = path / "cameras.json" if path.is_dir() else path
    if path.suffix.lower() != ".json":
        return None
    try:
        data: Any = read_json(path)
        shared = isinstance(data, Mapping)
        frames = data["camera_path"] if isinstance(data, Mapping) else data
        said = [frame.get("render_time" if shared else "time") for frame in frames]
    # What is no path is told by whoever reads its cameras.
    except (UserError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if all(time is None for time in said):
        return None
    times = np.array(_checked(path, said))
    times = np.clip(times, 0, 1) * (time_steps - 1) if shared else times % time_steps
    return [int(time) for time in times.round().astype(np.int64) % time_steps]


def _checked(path: Path, said: Sequence[Any]) -> list[float]:
    for index, time in enumerate(said):
        # True is an int in Python.
        if isinstance(time, bool) or not isinstance(time, int | float) or not -FARTHEST < time < FARTHEST:
            found = "has none" if time is None else f"has {time!r:.40}"
            raise UserError(
                f"{path}: camera {index} {found} for its time step; each needs a number, or none may have one"
            )
    return [float(time) for time in said]
