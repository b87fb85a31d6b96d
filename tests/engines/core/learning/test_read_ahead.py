"""What steps need, here or in processes of their own."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass, field

import pytest

from engines.core.errors import Unreadable, UserError
from engines.core.learning.read_ahead import ReadAhead


@dataclass
class Squares:
    """Reads the square of a step's number; `broken` ones can't be read."""

    broken: set[int] = field(default_factory=set)
    read_so_far: list[int] = field(default_factory=list)

    def read(self, step: int) -> int:
        self.read_so_far.append(step)
        if step in self.broken:
            raise UserError(f"step {step} is damaged")
        return step**2


def test_steps_come_in_order_from_anywhere() -> None:
    squares = Squares()
    ahead = ReadAhead(squares, 0)
    assert [ahead.take(step) for step in (5, 6, 7, 2, 3)] == [25, 36, 49, 4, 9]
    # Without processes nothing is read before its turn.
    assert squares.read_so_far == [5, 6, 7, 2, 3]


def test_a_step_that_could_not_be_read_may_be_tried_again() -> None:
    squares = Squares({1})
    ahead = ReadAhead(squares, 0)
    assert ahead.take(0) == 0
    for _ in range(2):
        with pytest.raises(Unreadable, match=r"^step 1 is damaged$"):
            ahead.take(1)
    squares.broken.clear()
    assert ahead.take(1) == 1


def test_a_process_reads_the_same() -> None:
    ahead = ReadAhead(Squares({3}), 1)
    assert [ahead.take(step) for step in range(3)] == [0, 1, 4]
    with pytest.raises(Unreadable, match=r"^step 3 is damaged$"):
        ahead.take(3)
    assert ahead.take(4) == 16
    ahead.close()
    assert not multiprocessing.active_children()
