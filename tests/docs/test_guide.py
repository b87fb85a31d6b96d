"""What the guide's pages tell to type and to choose is there: commands, options, presets, and the window's menus."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import cli
from app.gui.menus.command_table import COMMANDS
from app.training.presets import preset_names
from docs.site.pages import outside_fences
from docs.site.staging import DOCS, TAKEN
from engines.core.config import parse_settings
from engines.registry import all_engines

ROOT = DOCS.parent
PAGES = [ROOT / name for name in TAKEN] + sorted(DOCS.glob("*.md"))
PROGRAM = re.compile(r"^(?:\$ )?(?:\./vantage|python main\.py|torchrun [^|]*? main\.py) (.*)$")
SYNOPSIS = re.compile(r"\[|\.\.\.$")
"""A line that tells how a command is written, or of several, rather than one to be typed."""
MENU = re.compile(r"\b(File|Edit|View|Navigate|Time|Camera path|Training|Help) > ([A-Z][\w ]*)")
LAUNCHER = ("setup", "test", "benchmark", "docs", "help")


def typed(page: Path) -> Iterator[list[str]]:
    """The words of each command of the program that the page's blocks of code tell to type."""
    lines = "\n".join(line for line, is_prose in outside_fences(page.read_text(encoding="utf-8")) if not is_prose)
    for line in re.sub(r"\\\n *", " ", lines).splitlines():
        found = PROGRAM.match(line.strip())
        if found and not SYNOPSIS.search(found[1].partition(" # ")[0]):
            # Without what stands in a variable of the shell.
            yield [word for word in shlex.split(found[1], comments=True) if not word.startswith("$")]


def told(page: Path) -> list[list[str]]:
    """Those that are the program's own, with the window's, which has no word, as `view`."""
    commands = [words for words in typed(page) if words and words[0] not in LAUNCHER]
    return [words if words[0] in cli.COMMANDS else ["view", *words] for words in commands]


def test_commands_are_found_on_the_pages() -> None:
    found = {words[0] for page in PAGES for words in told(page)}
    assert found == cli.COMMANDS.keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_is_to_be_typed_is_understood(page: Path) -> None:
    for words in told(page):
        arguments = cli.command_parser(words[0]).parse_args(cli._joined(words[1:]))
        engine = all_engines().get(getattr(arguments, "method", "") or "")
        settings = parse_settings(getattr(arguments, "settings", []))
        if engine is not None and words[0] == "train":
            assert settings.keys() <= engine.Config.model_fields.keys(), words
            assert arguments.config is None or str(arguments.config) in preset_names(), words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_is_to_be_chosen_is_in_the_menus(page: Path) -> None:
    texts = {text.replace("&", "").rstrip("…") for command in COMMANDS for text in _texts(command.menu, command.text)}
    for menu, words in MENU.findall(" ".join(page.read_text(encoding="utf-8").split())):
        assert any(f"{words} ".startswith(f"{text.partition('/')[2]} ") for text in texts if text.startswith(menu)), (
            f"{menu} > {words}"
        )


def _texts(menu: str, text: str) -> tuple[str, str]:
    """A command below the name of its menu, and a menu below that of its own, with a bar between."""
    top, _, inner = menu.partition("/")
    return f"{top}/{text}", f"{top}/{inner}"
