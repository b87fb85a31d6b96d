"""A request and the command line that says the same."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Any

import pytest

from app.commands import train
from app.training.runs.training_request import TrainingRequest
from engines.core.config import make_options
from engines.registry import all_engines, find_engine

DATA, OUT = Path("/data/the car's [pictures]"), Path("/runs/a b")


def parsed(words: list[str]) -> argparse.Namespace:
    """As `main.py train` reads them."""
    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    assert words[0] == "train"
    return parser.parse_args(words[1:])


@pytest.mark.parametrize(
    "value",
    [
        3, -1, True, None, 0.5, 1e-05, 1.5e-07, 1e22, 4e-4, 1e16,
        "plain", "", "yes", "null", "1e-5", "12", " spaces ", "two\nlines", "a: b", "a #b", "[x", "{", "*x", "@x", "%x",
        "'", '"', "---", "é", "😀: ☃", "\x7f", "/models/a b/[1].pth",
        [32, 64], [0.5, 2], ["a", "yes"], [],
    ],
)  # fmt: skip
def test_every_value_arrives_as_it_was(value: Any) -> None:
    words = TrainingRequest("colour_grid", DATA, OUT, settings={"option": value}).words()
    read = train.read_settings(None, parsed(words).settings, "colour_grid")["option"]
    assert read == value and type(read) is type(value)


def test_all_of_a_request_is_said() -> None:
    request = TrainingRequest(
        "colour_grid", DATA, OUT, "colour_grid_preview", {"lr": 1e-05, "max_steps": 7}, "cpu", resume=True
    )
    read = parsed(request.words())
    assert (read.method, read.data, read.out, read.device, read.resume) == ("colour_grid", DATA, OUT, "cpu", True)
    assert not read.measure and not read.supervised
    settings = train.read_settings(read.config, read.settings, read.method)
    assert (settings["lr"], settings["max_steps"], settings["grid_dim"]) == (1e-05, 7, 6)


def test_what_is_not_chosen_is_not_said() -> None:
    assert TrainingRequest("colour_grid", Path("data"), Path("run")).words() == [
        "train",
        "data",
        "--method",
        "colour_grid",
        "--out",
        "run",
    ]


def test_the_command_line_can_be_pasted_into_a_shell() -> None:
    request = TrainingRequest("colour_grid", DATA, OUT, settings={"checkpoint": "$HOME/`x`; rm *"})
    words = shlex.split(request.command_line())
    assert words == ["./vantage", *request.words()]


@pytest.mark.parametrize("engine", sorted(all_engines()))
def test_every_default_of_an_engine_can_be_ordered(engine: str) -> None:
    kind = find_engine(engine).Config
    defaults = make_options(kind, {}).model_dump()
    words = TrainingRequest(engine, DATA, OUT, settings=defaults).words()
    read = train.read_settings(None, parsed(words).settings, engine)
    assert make_options(kind, read) == make_options(kind, {})
