"""How the members of an object compare with what a protocol asks for: what is wrong with which, in a few words."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, get_args

import numpy as np
import torch

from engines.core.engine import Control, ControlKind
from engines.core.reading import quoted

MISSING = "is missing"
Kinds = Mapping[str, tuple[Callable[[Any], bool], str]]
"""Members that are values, each with what tells whether one may be, and what it must be in words."""
RENAMED: Mapping[str, str] = {
    "glimpse": "placeholder",
    "need": "cache_key",
    "moments": "time_steps",
    "learnt_part": "trained_part",
    "learnt_px": "trained_px",
}
"""Functions of scenes by their old names."""
RENAMED_IN_LEARNING: Mapping[str, str] = {"learnt_px": "trained_px"}
"""Functions of trainings and objectives: other names of scenes are words that these may use for something else."""


def adopt_old_names(thing: object, engine: str, renamed: Mapping[str, str] = RENAMED) -> None:
    """Gives the class of `thing`, which comes from the method `engine`, the new names of functions it has by old ones.

    Warns with a `DeprecationWarning` for each, once for a class.
    """
    kind = type(thing)
    for old, new in renamed.items():
        if _nearness(kind, old) >= _nearness(kind, new):
            continue
        setattr(kind, new, inspect.getattr_static(kind, old))
        warnings.warn(
            f"method {engine}: {kind.__name__}.{old} is called {new} now; the old name goes with version 1.0",
            DeprecationWarning,
            stacklevel=3,
        )


def _nearness(kind: type, name: str) -> float:
    """How far up among the classes that `kind` derives from a name is defined; infinite where it is in none.

    A class may override the old name of a function whose new one was adopted by the class that it derives from.
    """
    return next((at for at, owner in enumerate(kind.__mro__) if name in vars(owner)), math.inf)


def functions_of(protocol: type) -> dict[str, tuple[str, ...]]:
    """The functions that a protocol asks for, each with the names of what it is called with."""
    names = (name for name, member in vars(protocol).items() if inspect.isfunction(member) and name[0] != "_")
    return {name: tuple(inspect.signature(getattr(protocol, name)).parameters)[1:] for name in names}


def members_of(protocol: type) -> list[str]:
    """All that a protocol asks for: functions, properties, values."""
    names = (*vars(protocol).get("__annotations__", {}), *vars(protocol))
    return list(dict.fromkeys(name for name in names if name[0] != "_"))


def listed(wrong: dict[str, str]) -> str:
    """What is wrong with which member, the missing ones first."""
    missing = [name for name, text in wrong.items() if text == MISSING]
    parts = [f"lacks {', '.join(missing)}"] if missing else []
    return "; ".join([*parts, *(f"{name} {text}" for name, text in wrong.items() if text != MISSING)])


def wrong_functions(found: object, protocol: type, names: Sequence[str] | None = None) -> dict[str, str]:
    """What is wrong with the functions that a protocol asks for; of those in `names` only, where given."""
    wrong = {}
    for name, given in functions_of(protocol).items():
        if names is not None and name not in names:
            continue
        member = getattr(found, name, None)
        if member is None:
            wrong[name] = MISSING
        elif not callable(member):
            wrong[name] = f"is {quoted(member)}; it must be a function"
        elif not _takes(member, len(given)):
            wrong[name] = f"takes {_signature(member)}; it is called with ({', '.join(given)})"
    return wrong


def wrong_abilities(found: object, known: Iterable[type], values: Kinds | None = None) -> dict[str, str]:
    """What is wrong with abilities of which at least one member is there: a half one is none.

    Args:
        values: those of their members that are no functions.
    """
    wrong: dict[str, str] = {}
    for ability in known:
        members = members_of(ability)
        if there := [member for member in members if hasattr(found, member)]:
            wrong |= wrong_functions(found, ability, there)
            for name in there:
                if values is not None and name in values:
                    wrong |= wrong_value(found, name, *values[name])
            wrong |= {name: f"must stand beside {there[0]}" for name in members if name not in there}
    return wrong


def _takes(function: Callable[..., Any], count: int) -> bool:
    try:
        inspect.signature(function).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:
        # Of a function that is not Python's nobody knows.
        return True
    return True


def _signature(function: Callable[..., Any]) -> str:
    return f"({', '.join(inspect.signature(function).parameters)})"


def wrong_value(found: object, name: str, valid: Callable[[Any], bool], kind: str) -> dict[str, str]:
    """What is wrong with a member that is a value.

    Args:
        valid: whether a value may be.
        kind: what it must be, in words.
    """
    try:
        value = getattr(found, name)
    except AttributeError:
        return {name: MISSING}
    return {} if valid(value) else {name: f"is {_seen(value)}; it must be {kind}"}


def _seen(value: object) -> str:
    """A value in a few words; of arrays the shape and the type."""
    if isinstance(value, np.ndarray):
        finite = "" if value.dtype.kind != "f" or np.isfinite(value).all() else ", not all finite"
        numbers = f" {quoted(value.tolist())}" if value.size <= 3 else ""
        return f"{list(value.shape)} of {value.dtype}{numbers}{finite}"
    return f"a {type(value).__name__}" if isinstance(value, torch.Tensor) else quoted(value)


def is_array(value: object, shape: tuple[int, ...]) -> bool:
    """Whether it is a numpy array of finite floats of that shape."""
    return (
        isinstance(value, np.ndarray)
        and value.shape == shape
        and value.dtype.kind == "f"
        and bool(np.isfinite(value).all())
    )


def are_texts(value: object) -> bool:
    """Whether it is a tuple of texts."""
    return isinstance(value, tuple) and all(isinstance(text, str) for text in value)


def are_in_order(channels: tuple[str, ...]) -> bool:
    """Whether names of channels are different, "rgb" first, then "depth" where there is one."""
    first = ("rgb", "depth") if "depth" in channels else ("rgb",)
    return channels[: len(first)] == first and len(set(channels)) == len(channels)


def are_controls(value: object) -> bool:
    """Whether it is a tuple of controls of different names, each with its default within its range."""
    if not isinstance(value, tuple) or not all(isinstance(control, Control) for control in value):
        return False
    return len({control.name for control in value}) == len(value) and all(map(_is_sound, value))


def _is_sound(control: Control) -> bool:
    choices = len(control.choices)
    in_range = control.low <= control.default <= control.high
    # An infinite range is refused here too: it has no count of choices.
    counted = in_range and math.isfinite(control.high - control.low)
    return counted and choices in (0, round(control.high - control.low) + 1) and control.kind in get_args(ControlKind)


def are_weights(value: object) -> bool:
    """Whether it is a mapping of names to tensors on the CPU."""
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and isinstance(tensor, torch.Tensor) and tensor.device.type == "cpu"
        for name, tensor in value.items()
    )


def are_modules(value: object) -> bool:
    """Whether it is a mapping of names to networks."""
    return isinstance(value, Mapping) and all(isinstance(other, torch.nn.Module) for other in value.values())


def is_count(value: object) -> bool:
    """Whether it is a whole number, 0 or more."""
    return isinstance(value, int) and value >= 0


def is_size(value: object) -> bool:
    """Whether it is (width, height), pixels."""
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(side, int) and side > 0 for side in value)
