"""What a scene lets its viewer vary, chosen by name: instance, blend, time, and any other control."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from engines.core.engine import BLEND, BLEND_WITH, INSTANCE, TIME, Control, Scene, time_control
from engines.core.errors import UserError

MOST_NAMES = 12
"""Of a class's objects, in a message."""
NOUNS = {BLEND_WITH: "other instance"}


@dataclass(frozen=True)
class ControlChoices:
    """What was said of the scene's controls: a text names a choice or is its number, a number is always its number."""

    instance: str | float | None = None
    time: float | None = None
    blend_with: str | float | None = None
    blend: float | None = None
    others: tuple[str, ...] = ()
    """`NAME=VALUE` of any, as it is typed."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """Of any, by name."""


@dataclass(frozen=True)
class NamedControls:
    """The controls that were named, as a scene takes them.

    Attributes:
        fixed: the same in all frames.
        ramps: from the first frame's value to the last's.
    """

    fixed: dict[str, float]
    ramps: dict[str, tuple[float, float]] = field(default_factory=dict)


def read_controls(scene: Scene, said: ControlChoices) -> NamedControls:
    """The controls as they were named.

    Raises:
        UserError: the scene has no such control, or the value is out of its range.
    """
    named = {control.name: control for control in scene.controls}
    fixed: dict[str, float] = {}
    if said.instance is not None:
        fixed[INSTANCE] = _value(named, INSTANCE, said.instance)
    others: list[tuple[str, str, str | float]] = []
    for text in said.others:
        name, _, typed = text.partition("=")
        others.append((text, name, typed))
    others += [(f"{name}={number:.12g}", name, number) for name, number in said.numbers.items()]
    for text, name, value in others:
        if name not in named:
            there = f"it has {', '.join(named)}" if named else "it has none"
            raise UserError(f"--control {text}: this scene has no control {name!r}; {there}")
        fixed[name] = _value(named, name, value, f"--control {text}")
    # As long as the chosen recording is.
    if (time_steps := time_control(scene, fixed)) is not None:
        named[TIME] = time_steps
    if said.time is not None:
        fixed[TIME] = _value(named, TIME, said.time)
    elif TIME in fixed:
        fixed[TIME] = _value(named, TIME, fixed[TIME], f"--control {TIME}={fixed[TIME]:g}")
    if said.blend_with is None:
        if said.blend is not None:
            raise UserError(f"--blend {said.blend:g}: with which object? name it with --blend-with")
        return NamedControls(fixed)
    fixed[BLEND_WITH] = _value(named, BLEND_WITH, said.blend_with)
    if said.blend is None:
        return NamedControls(fixed, {BLEND: (0.0, 1.0)})
    fixed[BLEND] = _value(named, BLEND, said.blend)
    return NamedControls(fixed)


def still_controls(scene: Scene, said: ControlChoices) -> dict[str, float]:
    """The controls of what shows one time step, as a picture or a mesh does: the first where none is named.

    Raises:
        UserError: as `read_controls`; or it is left open how far the chosen instance is blended with another.
    """
    named = read_controls(scene, said)
    if named.ramps:
        raise UserError(f"--blend-with {said.blend_with}: how far? give its share, 0 to 1, with --blend")
    time_steps = time_control(scene, named.fixed)
    return named.fixed if time_steps is None else {TIME: time_steps.low, **named.fixed}


def _value(named: Mapping[str, Control], name: str, said: str | float, option: str = "") -> float:
    text = said if isinstance(said, str) else f"{said:.12g}"
    control, option = named.get(name), option or f"--{name.replace('_', '-')} {text}"
    if control is None:
        raise UserError(f"{option}: this scene has no {NOUNS.get(name, name)} to choose")
    # A number is a place even where names are numbers, too.
    if said in control.choices:
        return float(control.choices.index(text))
    try:
        value = float(said)
    except ValueError:
        value = float("nan")
    whole = control.kind in ("choice", "integer") and value != round(value) if math.isfinite(value) else False
    if whole or not control.low <= value <= control.high:
        names = (*control.choices[:MOST_NAMES], "...") if len(control.choices) > MOST_NAMES else control.choices
        choices = f" ({', '.join(names)})" if names else ""
        raise UserError(f"{option}: must be {control.low:g} to {control.high:g}{choices}")
    return value
