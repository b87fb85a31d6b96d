"""A page for each command of the program, made of the parsers that read its arguments."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping

from app import cli
from docs.site.pages import Page, code, escaped, table

FOLDER = "commands"
WIDTH = 96
"""Columns of the line that shows a command's usage."""
GUIDES: Mapping[str, tuple[str, str]] = {
    "view": ("looking.md", "Look around"),
    "info": ("checkpoints.md", "The authors' checkpoints"),
    "render": ("videos.md", "Videos and images"),
    "mesh": ("meshes.md", "Meshes"),
    "poses": ("photographs.md", "Your own photographs"),
    "undistort": ("photographs.md", "Your own photographs"),
    "train": ("training.md", "Train"),
    "brush": ("splats.md", "Gaussian splats"),
    "evaluate": ("evaluation.md", "Evaluate"),
    "convert": ("checkpoints.md", "The authors' checkpoints"),
    "clean": ("splats.md", "Gaussian splats"),
    "sample": ("objects.md", "Objects"),
    "engine": ("add-a-method.md", "Add a method"),
    "doctor": ("trouble.md", "When something goes wrong"),
    "completion": ("trouble.md", "When something goes wrong"),
    "bench": ("performance.md", "Performance"),
}
"""The page of the guide that tells what each is used for."""


def command_pages() -> list[Page]:
    """The list of all, then a page for each."""
    return [_index(), *(_page(name) for name in cli.COMMANDS)]


def _index() -> Page:
    rows = [(f"[`{name}`]({name}.md)", f"{about[0].upper()}{about[1:]}") for name, about in cli.COMMANDS.items()]
    (codes,) = re.findall(r"(?:^\|.*\n)+", f"{cli.__doc__}\n", flags=re.M)
    text = (
        "# Commands\n\n"
        "`./vantage COMMAND` is `python main.py COMMAND` inside `.venv`, and `vantage COMMAND` where it was installed "
        "by pip. Without a command the window opens.\n\n"
        f"{table(('command', 'what it does'), rows)}\n\n"
        f"Under `torchrun`, {', '.join(map(code, cli.DIVIDED))} divide their work among several processes "
        "([Many GPUs, many machines](../scale.md)).\n\n"
        f"## Exit codes\n\n{codes}"
    )
    return Page(f"{FOLDER}/index.md", "All commands", text)


def _page(name: str) -> Page:
    parser = cli.command_parser(name)
    parser.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=WIDTH)
    guide, title = GUIDES[name]
    about = cli.COMMANDS[name]
    parts = [
        f"# {name}",
        f"{escaped(about[0].upper() + about[1:])}. What it is used for: [{title}](../{guide}).",
        f"```text\n{parser.format_usage().strip()}\n```",
        *(f"## {heading}\n\n{rows}" for heading, rows in _groups(parser)),
    ]
    if renamed := cli.RENAMED_OPTIONS.get(name):
        rows = [(code(old), code(new)) for old, new in renamed.items()]
        parts.append("## Old names\n\nThey work until version 1.0.\n\n" + table(("once", "now"), rows))
    return Page(f"{FOLDER}/{name}.md", name, "\n\n".join(parts) + "\n")


def _groups(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for group in parser._action_groups:
        actions = [action for action in group._group_actions if action.help != argparse.SUPPRESS]
        if actions:
            title = {"positional arguments": "Arguments", "optional arguments": "Options"}.get(group.title or "", "")
            rows = ((code(written), _help(parser, action)) for action in actions for written in (_written(action),))
            heading = title or (group.title or "").capitalize()
            yield heading, table(("argument" if heading == "Arguments" else "option", "what it is"), rows)


def _written(action: argparse.Action) -> str:
    """How an argument is written: its names, and what stands behind them."""
    choices = "{" + ",".join(map(str, action.choices)) + "}" if action.choices is not None else ""
    metavar = action.metavar if isinstance(action.metavar, str) else choices or action.dest.upper()
    if not action.option_strings:
        return metavar if action.metavar or choices else action.dest
    names = ", ".join(action.option_strings)
    return names if action.nargs == 0 else f"{names} {metavar}"


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """Its sentence, with what it says of its own values filled in; and whether it must be given."""
    text = (action.help or "") % {**vars(action), "prog": parser.prog}
    return escaped(text) + (" **Required.**" if action.option_strings and action.required else "")
