"""What was measured in a scene, as a project keeps it."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.project.project_file import Project, Triple
from app.viewing.lengths import LengthScale
from app.viewing.measurements import Measurements
from engines.core.camera import Array


def kept_measurements(measurements: Measurements) -> dict[str, Any]:
    """The fields of a project that keep what was measured."""
    scale = measurements.scale
    return {
        "measurements": tuple((_triple(each.points[0]), _triple(each.points[1])) for each in measurements.whole),
        "length_scale": None if scale is None else (scale.per_unit, scale.unit),
    }


def take_measurements(measurements: Measurements, project: Project) -> None:
    """Has what a project measured in place of what is there."""
    scale = None if project.length_scale is None else LengthScale(*project.length_scale)
    ends = [(np.array(first), np.array(second)) for first, second in project.measurements]
    measurements.take(ends, scale)


def _triple(point: Array) -> Triple:
    x, y, z = (float(value) for value in point)
    return x, y, z
