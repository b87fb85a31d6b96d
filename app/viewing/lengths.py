"""Lengths in the world for people: in world units and, where somebody said how long one is, in metres or what else."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engines.core.errors import UserError


@dataclass(frozen=True)
class LengthScale:
    """How long a world unit is; nothing but what is shown depends on it.

    Attributes:
        per_unit: so many `unit` are one world unit.
        unit: its name, as "m".
    """

    per_unit: float
    unit: str


def length_text(length: float, scale: LengthScale | None) -> str:
    """A length in world units, and what that is in the scale's own unit."""
    own = f"{length:.4g}"
    return own if scale is None else f"{own} ({length * scale.per_unit:.4g} {scale.unit})"


def read_scale(typed: str, length: float) -> LengthScale:
    """The scale in which `length` (world units) is what somebody typed, as "2.5 m"; metres where no unit is named.

    Raises:
        UserError: it is no length.
    """
    number, letters = typed.strip(), ""
    while number and (number[-1].isalpha() or number[-1] in "\"'µ"):
        number, letters = number[:-1], number[-1] + letters
    try:
        value = float(number.strip().replace(",", "."))
    except ValueError as error:
        raise UserError(f"{typed}: a length is a number and a unit, as 2.5 m.") from error
    if not math.isfinite(value) or value <= 0 or length <= 0:
        raise UserError(f"{typed}: a length is more than nothing.")
    return LengthScale(value / length, letters or "m")
