"""Moments of a recording that a path of cameras holds beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np


def read_times(path: Path, moments: int) -> list[int] | None:
    """The moment of each camera of a `.json` path, from 0 to `moments` - 1; None where it holds none.

    Ours say the moment's number (`time`), nerfstudio's where between the first (0) and the last (1) it lies
    (`render_time`); there every camera must have one, as in its own viewer.
    """
    # What an export leaves beside its images.
    path = path / "cameras.json" if path.is_dir() else path
    if path.suffix.lower() != ".json":
        return None
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(data, Mapping):
            shares = np.array([float(frame["render_time"]) for frame in data["camera_path"]])
            times = np.round(np.clip(shares, 0, 1) * (moments - 1))
        else:
            times = np.array([float(camera["time"]) for camera in data]).round() % moments
    # What is no path is told by whoever reads its cameras.
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return [int(time) for time in times] if np.isfinite(times).all() else None
