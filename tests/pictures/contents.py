"""All pictures by name: which test draws each, and how much of it may differ."""

from __future__ import annotations

from dataclasses import dataclass

from tests.pictures.comparing import Tolerance
from tests.pictures.walks import WALKS

WINDOW = Tolerance(2.0)
"""A level of rounding, as where Qt blends and enlarges by the instructions of another processor; measured was none.
Without hints FreeType 2.12 and 2.14 write the same to the bit, and the balls are drawn in float64."""


@dataclass(frozen=True)
class Pictured:
    """Where a picture comes from.

    Attributes:
        test: pytest's name of what draws it.
    """

    test: str
    tolerance: Tolerance


PICTURES = {
    name: Pictured(f"test_window.py::test_the_window_looks_as_it_did[{walk}]", WINDOW)
    for walk, states in WALKS.items()
    for name in states.states
}
