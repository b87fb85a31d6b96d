"""What a shell can complete of the command line: taken from the parsers that read it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app import cli
from app.export.frame_times import SPLIT_PATHS
from app.training.presets import preset_names
from engines.core.paths.generators import PATH_NAMES
from engines.registry import all_engines

Files = Literal["", "files", "folders"]

AXES = ("x", "y", "z", "-x", "-y", "-z")
DEVICES = ("auto", "cpu", "cuda", "mps")
KNOWN: Mapping[tuple[str, str], Callable[[], Sequence[str]]] = {
    ("", "--device"): lambda: DEVICES,
    ("", "--up"): lambda: AXES,
    ("train", "--method"): lambda: sorted(all_engines()),
    ("train", "--options"): lambda: sorted(all_engines()),
    ("train", "--config"): preset_names,
    ("engine", "name"): lambda: sorted(all_engines()),
    ("render", "--path"): lambda: (*PATH_NAMES, *SPLIT_PATHS),
}
"""Values that the parsers take as any text: by command ("" for all) and argument, those that are known."""
NAMING_FILES = (("train", "--config"), ("render", "--path"), ("evaluate", "--align"))
"""Arguments that the parsers take as any text, which may be a file."""


@dataclass(frozen=True)
class Completion:
    """One argument of a command.

    Attributes:
        names: of an option; none of a positional argument.
        about: a line.
        is_flag: whether nothing stands behind it.
        values: that can stand there, as far as they are known.
        files: what else can.
    """

    names: tuple[str, ...]
    about: str
    is_flag: bool = False
    values: tuple[str, ...] = ()
    files: Files = ""


def completions(command: str) -> list[Completion]:
    """The arguments of a command, without those that are hidden."""
    parser = cli.command_parser(command)
    return [_completion(command, action) for action in parser._actions if action.help != argparse.SUPPRESS]


def _completion(command: str, action: argparse.Action) -> Completion:
    return Completion(
        tuple(action.option_strings),
        " ".join(((action.help or "") % {**vars(action), "prog": ""}).split()),
        action.nargs == 0,
        tuple(_values(command, action)),
        _files(command, action),
    )


def _keys(command: str, action: argparse.Action) -> Iterator[tuple[str, str]]:
    for name in (*action.option_strings, action.dest):
        yield from ((command, name), ("", name))


def _values(command: str, action: argparse.Action) -> Iterator[str]:
    if action.choices is not None:
        yield from map(str, action.choices)
    for key in _keys(command, action):
        if key in KNOWN:
            yield from KNOWN[key]()
            return


def _files(command: str, action: argparse.Action) -> Files:
    if action.type is Path:
        folders = action.metavar in ("FOLDER", "RUN") or action.dest == "folder"
        return "folders" if folders else "files"
    return "files" if any(key in NAMING_FILES for key in _keys(command, action)) else ""
