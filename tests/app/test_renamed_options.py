"""Options' old names go on working, and say once on standard error what they are called now."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import COMMANDS, RENAMED_OPTIONS, command_parser, main, with_new_names


def test_an_old_name_is_taken_as_the_new_one_and_said_once() -> None:
    said: list[str] = []
    words = with_new_names("render", ["--buffers=rgb", "a.pth", "--buffers", "depth", "--fps", "3"], said.append)
    assert words == ["--channels=rgb", "a.pth", "--channels", "depth", "--fps", "3"]
    assert said == ["--buffers is called --channels now; the old name goes with version 1.0"]


def test_new_names_and_other_commands_say_nothing() -> None:
    said: list[str] = []
    assert with_new_names("render", ["--channels", "rgb"], said.append) == ["--channels", "rgb"]
    assert with_new_names("info", ["--buffers"], said.append) == ["--buffers"] and said == []


@pytest.mark.parametrize("command", RENAMED_OPTIONS)
def test_the_parser_knows_the_new_names_only(command: str) -> None:
    assert command in COMMANDS
    options = {option for action in command_parser(command)._actions for option in action.option_strings}
    assert set(RENAMED_OPTIONS[command].values()) <= options
    assert not set(RENAMED_OPTIONS[command]) & options


def test_a_command_says_it_on_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = tmp_path / "cars"
    assert main(["sample", str(made), "--format", "srn", "--objects", "1", "--views", "1", "--size", "16"]) == 0
    errors = capsys.readouterr().err
    assert errors.count("vantage: --objects is called --instances now; the old name goes with version 1.0\n") == 1
    assert made.is_dir()
