"""The checks of what can be varied besides the camera: each control can be shown, and does something."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from app.conformance.drawing import require_frame
from app.conformance.trial import Check, Failure, Trial, channels, difference, small_camera
from engines.core.engine import BLEND, BLEND_WITH, INSTANCE, TIME, Control, never_stop, whole_controls
from engines.core.frame import Frame

KNOWN = {TIME: "time", INSTANCE: "choice", BLEND_WITH: "choice", BLEND: "number"}
"""Names that the program does something with by itself, and the kind that it takes them to be of."""
MOST_DRAWN = 4
"""Values of a control that are tried."""


class _Watched(Mapping[str, float]):
    """Controls that tell which of them were looked at."""

    def __init__(self, values: Mapping[str, float], seen: set[str]) -> None:
        self._values, self._seen = values, seen

    def __getitem__(self, name: str) -> float:
        self._seen.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def controls_can_be_shown(trial: Trial) -> str:
    """Looks at each control: the form makes a slider, a list or the bar of time of it."""
    for control in trial.drawn.controls:
        if wrong := _wrong(control):
            raise Failure(f"its control {control.name}, of kind {control.kind}, {wrong}")
    return ", ".join(control.name for control in trial.drawn.controls)


def _wrong(control: Control) -> str:
    numbers = (control.low, control.high, control.default)
    if not control.label:
        return "has no label"
    if not all(map(math.isfinite, numbers)):
        return f"goes from {control.low} to {control.high}; both must be finite"
    if control.kind != "number" and any(value != round(value) for value in numbers):
        return f"goes from {control.low} to {control.high}, {control.default} first; it must be whole numbers"
    if (control.kind == "choice") != bool(control.choices):
        return f"has {len(control.choices)} choices; a choice has some, other kinds none"
    if control.name in KNOWN and control.kind != KNOWN[control.name]:
        return f"has a name that the program knows; it must be of kind {KNOWN[control.name]}"
    if control.kind == "time" and control.name != TIME:
        return f'is not called TIME ("{TIME}"), and no bar plays it'
    if control.kind in ("time", "choice") and control.low != 0:
        return f"begins at {control.low}; time steps and choices are counted from 0"
    if control.name == BLEND and (control.low, control.high) != (0, 1):
        return f"goes from {control.low} to {control.high}; the program blends from 0 to 1"
    return ""


def draws_controls(trial: Trial) -> str:
    """Draws with each control from its lowest to its highest value: the picture changes, or it was looked at."""
    scene = trial.drawn
    for control in scene.controls:
        seen, pictures = set[str](), []
        values = np.linspace(control.low, control.high, MOST_DRAWN)
        for value in values if control.kind == "number" else np.unique(values.round()):
            frame = _drawn(trial, _Watched(whole_controls(scene, {control.name: float(value)}), seen))
            require_frame(scene, frame, small_camera(scene))
            pictures.append(channels(scene, frame))
        # What is blended with itself stays as it is: that it is looked at suffices.
        same = control.name not in seen and not any(difference(pictures[0], other) for other in pictures[1:])
        if same and control.low < control.high:
            raise Failure(f"its control {control.name} does nothing: render never looks at controls[{control.name!r}]")
    return ", ".join(control.name for control in scene.controls)


def _drawn(trial: Trial, controls: Mapping[str, float]) -> Frame:
    return trial.drawn.render(small_camera(trial.drawn), controls, never_stop)


VARYING = (
    Check("controls", "are such as can be shown", controls_can_be_shown, "scene"),
    Check("render", "draws all that its controls allow", draws_controls, "scene"),
)
