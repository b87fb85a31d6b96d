"""A page of the site, and the Markdown that pages made of the code are written in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The repository."""
FENCE = re.compile(r"^ {0,3}(```+|~~~+)")


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        path: its file below the site's sources, such as `commands/render.md`.
        title: what it is called in the navigation.
        text: Markdown.
    """

    path: str
    title: str
    text: str


def escaped(text: str) -> str:
    """Text as Markdown that shows it as it stands, but for what it marks as code."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(
        part if part.startswith("`") else re.sub(r"([\\<*]|__|_(?=\w)|(?<=\w)_)", _entity, part) for part in parts
    )


def _entity(found: re.Match[str]) -> str:
    return "".join(f"&#{ord(character)};" for character in found[1])


def code(text: str) -> str:
    """A word of code; in a table, too."""
    return f"`{text}`" if text else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown of one line each; columns in which nothing stands are left out."""
    rows = list(rows)
    filled = [column for column in range(len(heads)) if not rows or any(row[column].strip() for row in rows)]
    heads, rows = [heads[column] for column in filled], [[row[column] for column in filled] for row in rows]
    lines = [" | ".join(heads), " | ".join("---" for _ in heads)]
    lines += [" | ".join(_cell(cell) for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _cell(text: str) -> str:
    # A bar within code is no end of a cell, and would keep its backslash.
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(part if part.startswith("`") else part.replace("|", r"\|") for part in parts)


def outside_fences(text: str) -> Iterable[tuple[str, bool]]:
    """Each line, and whether it is prose rather than a line of a block of code."""
    fence = ""
    for line in text.splitlines():
        found = FENCE.match(line)
        if found and not fence:
            fence = found[1]
            yield line, False
        elif fence:
            if found and found[1].startswith(fence) and line.strip() == found[1]:
                fence = ""
            yield line, False
        else:
            yield line, True
