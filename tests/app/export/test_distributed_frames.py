"""Frames of several ranks in their order, and who draws which."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.export.distributed_frames import AHEAD, joined, owners
from engines.core import distributed
from engines.core.camera import Array
from tests.app.fake_scene import FakeScene
from tests.app.recorded import RecordedScene
from tests.two_ranks import TwoRanks

CAMERA = FakeScene(64, any_size=True).start


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([0, 1, 2, 3, 0, 1, 2, 3], [0, 1, 0, 1, 0, 1, 0, 1]),
        # Five time steps, looping: each is prepared by one rank only.
        ([0, 1, 2, 3, 4, 0, 1, 2, 3, 4], [0, 1, 0, 1, 0, 0, 1, 0, 1, 0]),
        # One time step: all ranks prepare it, or one would have nothing to do.
        ([2, 2, 2, 2], [0, 1, 0, 1]),
    ],
)
def test_frames_of_a_moment_are_drawn_by_one_rank(times: list[int], expected: list[int]) -> None:
    controls = [{"time": float(time)} for time in times]
    assert owners(RecordedScene(), [CAMERA] * len(times), controls, 2) == expected


def test_frames_of_what_stands_still_are_drawn_in_turns() -> None:
    scene = FakeScene(64, any_size=True)
    assert owners(scene, [CAMERA] * 5, [{}] * 5, 2) == [0, 1, 0, 1, 0]
    assert owners(scene, [CAMERA] * 5, [{}] * 5, 1) == [0] * 5


def numbered(index: int) -> list[Array]:
    """Arrays of different kinds and shapes, that say whose and which they are."""
    return [np.full((2, index % 3, 3), index, np.uint8), np.array([[index + 0.5]], np.float32)]


def join(drawn_by: list[int]) -> list[Any]:
    """What comes out on this rank, and what it made."""
    made: list[int] = []

    def make(index: int) -> list[Array]:
        made.append(index)
        return numbered(index)

    out = [[array.tolist() for array in arrays] for arrays in joined(len(drawn_by), drawn_by, make)]
    return [out, made]


@pytest.mark.parametrize(
    "drawn_by", [[0, 1] * 3, [1, 1, 0], [0], [], [1] * (AHEAD + 3) + [0] * (AHEAD + 3), [0] * 20 + [1] * 20]
)
def test_what_ranks_draw_comes_in_order(two_ranks: TwoRanks, drawn_by: list[int]) -> None:
    (whole, own), (nothing, others) = two_ranks(join, drawn_by)
    assert whole == [[array.tolist() for array in numbered(index)] for index in range(len(drawn_by))]
    assert nothing == []
    assert own == [index for index, owner in enumerate(drawn_by) if owner == 0]
    assert others == [index for index, owner in enumerate(drawn_by) if owner == 1]


def join_unbound(total: int, at_first: int, sign: str) -> list[Any]:
    """As `join`, any rank any frame; the second rank's first frame waits until the first rank has made `at_first`."""
    made: list[int] = []
    until = time.monotonic() + 60

    def make(index: int) -> list[Array]:
        made.append(index)
        if distributed.here().is_first and len(made) == at_first:
            Path(sign).touch()
        while not distributed.here().is_first and not Path(sign).exists() and time.monotonic() < until:
            time.sleep(0.01)
        return numbered(index)

    out = [[array.tolist() for array in arrays] for arrays in joined(total, None, make)]
    return [out, made]


def test_who_is_free_draws_the_next_frame(two_ranks: TwoRanks, tmp_path: Path) -> None:
    total = AHEAD + 2
    for again in range(2):
        (whole, own), (_, others) = two_ranks(join_unbound, total, AHEAD - 2, str(tmp_path / str(again)))
        assert whole == [[array.tolist() for array in numbered(index)] for index in range(total)]
        assert sorted(own + others) == list(range(total))
        assert own == sorted(own) and others == sorted(others)
        assert len(own) >= AHEAD - 2


def test_alone_frames_are_made_one_by_one() -> None:
    assert distributed.here().count == 1
    out, made = join([0, 0, 0])
    assert made == [0, 1, 2] and len(out) == 3
