"""Distances that were measured between points of a scene, and how long a world unit is, where somebody said so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from psygnal import Signal

from app.viewing.lengths import LengthScale
from engines.core.camera import Array


@dataclass(frozen=True, eq=False)
class Measurement:
    """Two points [3] in the world of the data; `second` is None while it is still to be picked."""

    first: Array
    second: Array | None = None

    @property
    def offset(self) -> Array:
        """[3] from the first point to the second, world units; zero where there is none."""
        return np.zeros(3) if self.second is None else self.second - self.first

    @property
    def distance(self) -> float:
        """The length of the way from the one to the other, world units."""
        return float(np.linalg.norm(self.offset))

    @property
    def points(self) -> tuple[Array, ...]:
        """The points that are there."""
        return (self.first,) if self.second is None else (self.first, self.second)


class Measurements:
    """All measurements of a scene.

    Attributes:
        all: in the order in which they were begun; the last may have its first point only.
        selected: the number of the one that is marked; None: none.
        scale: how long a world unit is; None: not known.
    """

    changed = Signal()

    def __init__(self) -> None:
        self.all: tuple[Measurement, ...] = ()
        self.selected: int | None = None
        self.scale: LengthScale | None = None

    @property
    def begun(self) -> Measurement | None:
        """The one whose second point is still to be picked."""
        return self.all[-1] if self.all and self.all[-1].second is None else None

    @property
    def whole(self) -> tuple[Measurement, ...]:
        """Those of two points."""
        return tuple(each for each in self.all if each.second is not None)

    @property
    def marked(self) -> Measurement | None:
        """The one that is marked, if it has two points."""
        found = None if self.selected is None else self.all[self.selected]
        return found if found is not None and found.second is not None else None

    def pick(self, point: Array) -> None:
        """Takes another point [3]: the second one of what was begun, else the first of a new one."""
        if (begun := self.begun) is not None:
            self.all = (*self.all[:-1], replace(begun, second=point))
        else:
            self.all = (*self.all, Measurement(point))
        self.selected = len(self.all) - 1
        self.changed.emit()

    def move(self, number: int, end: int, point: Array) -> None:
        """Moves an end, 0 or 1, of a measurement to another point [3]."""
        moved = replace(self.all[number], **{("first", "second")[end]: point})
        self.all = (*self.all[:number], moved, *self.all[number + 1 :])
        self.selected = number
        self.changed.emit()

    def select(self, number: int | None) -> None:
        """Marks another one, or none."""
        if number != self.selected:
            self.selected = number
            self.changed.emit()

    def remove(self) -> bool:
        """Removes the one that is marked; whether there was one."""
        number = self.selected
        if number is None:
            return False
        self.all = (*self.all[:number], *self.all[number + 1 :])
        self.selected = min(number, len(self.all) - 1) if self.all else None
        self.changed.emit()
        return True

    def give_up(self) -> bool:
        """Drops the one that was begun; whether there was one."""
        if self.begun is None:
            return False
        self.selected = len(self.all) - 1
        return self.remove()

    def clear(self) -> None:
        """Drops all; the scale stays."""
        self.take((), self.scale)

    def take(self, ends: Sequence[tuple[Array, Array]], scale: LengthScale | None) -> None:
        """Has others in their place, of two points [3] each, and another scale."""
        self.all, self.scale = tuple(Measurement(np.array(first), np.array(second)) for first, second in ends), scale
        self.selected = len(self.all) - 1 if self.all else None
        self.changed.emit()

    def set_scale(self, scale: LengthScale | None) -> None:
        """Says how long a world unit is, or that it is not known."""
        self.scale = scale
        self.changed.emit()
