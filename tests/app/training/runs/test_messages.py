"""What a run says, line by line."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from app.training.evaluation import Evaluation, Score
from app.training.loop import Report
from app.training.runs.measure import Estimate
from app.training.runs.messages import Doing, Ended, Failed, Live, Message, Paused, Standing, from_line, to_line

ESTIMATE = Estimate(90.5, (0.25, 0.5), 1.5, 2**30, None, 2**20, 2**40, ("a note",))


@pytest.mark.parametrize(
    "message",
    [
        Standing(3, 9, {"l1": 0.5}, 2.0, 3.0, True, 2**40, ("one", "two"), 21.5, 0.75),
        Standing(0, 9, {}, None, None, False, 0),
        Live(4),
        Doing("scoring 8 held-out views"),
        Paused(True),
        Paused(False),
        Ended(9, False),
        Failed('a "quote",\na line, and é ☃ 😀'),
        ESTIMATE,
    ],
)
def test_a_message_is_one_line_and_comes_back(message: Message) -> None:
    line = to_line(message)
    # Whatever the terminal's encoding is.
    assert "\n" not in line and line.isascii()
    assert from_line(line + "\n") == message


def test_numbers_without_a_value_come_back() -> None:
    read = from_line(to_line(Standing(1, 2, {"l1": math.nan}, math.inf, None, False, 0)))
    assert isinstance(read, Standing)
    assert math.isnan(read.losses["l1"]) and read.steps_per_second == math.inf


def test_a_report_is_told_with_its_scores() -> None:
    score = Evaluation((Score("a", 21.5, 0.75, 0.7), Score("b", 23.5, 0.85, 0.8)))
    told = Standing.of(Report(4, 9, {"l1": 0.5}, 2.0, 2.5, score, True, 7, ("a note",)))
    assert told.ssim == pytest.approx(0.8)
    assert replace(told, ssim=0.8) == Standing(4, 9, {"l1": 0.5}, 2.0, 2.5, True, 7, ("a note",), 22.5, 0.8)
    assert Standing.of(Report(0, 9)).psnr is None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\n",
        "Downloading: 100%",
        "{",
        "3",
        "null",
        "[]",
        "{}",
        '{"kind": "what"}',
        '{"kind": ["live"]}',
        '{"kind": "live"}',
        '{"kind": "live", "step": 3, "more": 4}',
        '{"step": 3}',
        to_line(Live(123))[:-1],
    ],
)
def test_other_lines_say_nothing(line: str) -> None:
    assert from_line(line) is None
