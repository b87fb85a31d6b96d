"""Deprecated names of command-line options: each goes on working, and is said once to be called otherwise now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

RENAMED: Mapping[str, Mapping[str, str]] = {
    "render": {"--buffers": "--channels"},
    "poses": {"--ordered": "--sequential"},
    "sample": {"--objects": "--instances"},
    "evaluate": {"--occupancies": "--occupancy-thresholds"},
    "convert": {"--viewing-only": "--inference-only"},
    "train": {"--engine": "--method"},
}
"""By command: old names, and what they are called now."""


def with_new_names(command: str, words: Sequence[str], warn: Callable[[str], None]) -> list[str]:
    """The words of a command with its options' new names; `warn` is given a line for each old one, once."""
    renamed, said = RENAMED.get(command, {}), set[str]()
    taken = list[str]()
    for word in words:
        option, equals, value = word.partition("=")
        new = renamed.get(option)
        if new is not None and option not in said:
            said.add(option)
            warn(f"{option} is called {new} now; the old name goes with version 1.0")
        taken.append(word if new is None else f"{new}{equals}{value}")
    return taken
