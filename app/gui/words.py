"""What the program says in the window's own words: sentences that name the command line's options are made for it."""

from __future__ import annotations

import re

_VALUE = r"(?:\[[^\]]*\]|[^\s,;)\]]+)"
_RULES: tuple[tuple[str, str], ...] = (
    # What goes on with a run.
    (rf"(?:with|by) --resume (?:--set|and --set) (\w+)=({_VALUE})", r"by Resume, with \1 = \2"),
    (r"start without --resume", "train it as a new run"),
    (r"go on with it by --resume", "resume it (Training > Resume training)"),
    (r"go on (elsewhere )?with --resume", r"resume it \1(Training > Resume training)"),
    (r"(?:with|by) --resume", "by Training > Resume training"),
    (r"without --resume", "as a new run"),
    # Options of a method.
    (r" \(--set views=\[\.\.\.\] chooses others\)", ""),
    (r"\(--set ([^)]*)\)", r"(in All options: \1)"),
    (r"^--set: ", "option: "),
    (r"(?:--set )?(\w+)=\.\.\.", r"\1"),
    (rf"--set (\w+)=({_VALUE})", r"\1 = \2"),
    (r"--set ", ""),
    # What is opened, and on what.
    (r" ?\(--data(?: [A-Z]+)?\)", " (File > Choose data folder…)"),
    (r"name it with --data(?: [A-Z]+)?", "choose it (File > Choose data folder…)"),
    (r"--data(?: [A-Z]+)?", "the data folder"),
    (r" ?\(--input(?: [A-Z]+)?\)", " (File > Input photograph…)"),
    (r"--input (\S+?):", r"input photograph \1:"),
    (r"--input(?: [A-Z]+)?", "File > Input photograph…"),
    (r"use --device (\w+)", r"choose the device \1"),
    (r"--device (\S+?):", r"device \1:"),
    (r"--config (\S+?):", r"preset \1:"),
    (r"--path (\S+?):", r"path \1:"),
    (r"\(render --path (\w+)\)", r"(Export video, path: \1)"),
    (r" with --out\b", ""),
    (r", or say --overwrite, which keeps the old one in \w+", ""),
    (r"(?:with |by )?--overwrite", "replacing what is there"),
    (r"--up\b", "the up axis"),
)
_OTHERS = r"--([a-z][a-z-]*)"


def in_window(text: str) -> str:
    """A sentence without the command line's options; one that names none stays as it is."""
    if "--" not in text:
        return text
    for pattern, words in _RULES:
        text = re.sub(pattern, words, text)
    text = re.sub(_OTHERS, lambda found: f"“{found.group(1).replace('-', ' ')}”", text)
    return re.sub(r"  +", " ", text)


LONGEST_WORD = 80
"""Letters; a label wraps between words only, and is as wide as its longest."""


def breakable(text: str) -> str:
    """The text with places where very long words, such as paths, may be wrapped."""
    return re.sub(
        rf"\S{{{LONGEST_WORD},}}",
        lambda word: re.sub(r"([/\\_\-.]|\w{24}(?=\w))", "\\1\u200b", word.group()),
        text,
    )
