"""Errors speak of arguments, not of the command line's options."""

from __future__ import annotations

import pytest

from app.api.wording import python_worded, reworded
from engines.core.errors import LacksInput, UserError


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("the photographs are needed: give --data FOLDER", "the photographs are needed: give data FOLDER"),
        ("--device x: unknown; use auto", "device x: unknown; use auto"),
        ("--blend 2: with which? name it with --blend-with", "blend 2: with which? name it with blend_with"),
        ("raise max_steps (--set max_steps=...)", "raise max_steps (max_steps=...)"),
        ("--set: no field x; there are y", "options: no field x; there are y"),
        ("--control glow=3: must be 0 to 1", "glow=3: must be 0 to 1"),
        ("go on with it by --resume, or name another", "go on with it by resume=True, or name another"),
        ("go on from step 3 with --resume --set lr=0.1", "go on from step 3 with resume=True lr=0.1"),
        ("of its depths (--from depth)", "of its depths (source depth)"),
        ("/a/my--data/b: no such file", "/a/my--data/b: no such file"),
    ],
)
def test_options_become_arguments(said: str, told: str) -> None:
    assert reworded(said) == told


def test_an_error_stays_what_it_is() -> None:
    error = LacksInput("name one (--input FILE)")
    error.advice = "a car"

    @python_worded
    def fails(by: UserError) -> None:
        raise by

    with pytest.raises(LacksInput, match=r"^name one \(input FILE\)$") as caught:
        fails(error)
    assert caught.value is error and caught.value.advice == "a car"
    with pytest.raises(ZeroDivisionError):
        python_worded(lambda: 1 / 0)()
