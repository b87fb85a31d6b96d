"""Docstrings as Markdown: prose, and the sections Args, Returns, Raises and Attributes as lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from textwrap import dedent

from docs.site.pages import code, escaped

SECTIONS = ("Args", "Returns", "Raises", "Attributes", "Yields")
_HEAD = re.compile(rf"^({'|'.join(SECTIONS)}):$")
_ENTRY = re.compile(r"^([A-Za-z_][\w, .]*): +(.*)$")
TITLES: Mapping[str, str] = {"Args": "Arguments"}
Link = Callable[[str], str]
"""From a word of code to Markdown that leads to what it names."""


def split_sections(docstring: str) -> tuple[str, dict[str, str]]:
    """The prose before the first section, and each section's text, dedented."""
    prose, sections, lines = "", dict[str, str](), list[str]()
    name = ""

    def end() -> None:
        nonlocal prose
        text = dedent("\n".join(lines)).strip("\n")
        if name:
            sections[name] = text
        else:
            prose = text

    for line in docstring.splitlines():
        head = _HEAD.match(line)
        # A line that stands at the margin ends a section.
        if head or (name and line.strip() and not line.startswith(" ")):
            end()
            lines, name = ([], head[1]) if head else ([line], "")
        else:
            lines.append(line)
    end()
    return prose, sections


def entries(section: str) -> list[tuple[str, str]]:
    """The entries of a section, (name, text); ("", text) for what stands before the first or is none."""
    found: list[tuple[str, str]] = []
    for line in section.splitlines():
        entry = _ENTRY.match(line)
        if entry:
            found.append((entry[1], entry[2]))
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}".strip())
        elif line.strip():
            found.append(("", line.strip()))
    return found


def prose(text: str, link: Link) -> str:
    """Prose as Markdown; lists and tables stay as they are."""
    return re.sub(r"`([^`\n]+)`", lambda found: link(found[1]), escaped(text))


def whole(docstring: str, link: Link, leave_out: tuple[str, ...] = ()) -> str:
    """A docstring as Markdown.

    Args:
        leave_out: sections that are told elsewhere.
    """
    before, sections = split_sections(docstring)
    parts = [prose(before, link)] if before else []
    for name, section in sections.items():
        if name in leave_out:
            continue
        lines = [f"**{TITLES.get(name, name)}**", ""]
        for entry, text in entries(section):
            # Names of arguments are their own; those of exceptions lead to where these are told.
            shown = link if name == "Raises" else code
            names = ", ".join(shown(word.strip()) for word in entry.split(",")) if entry else ""
            lines.append(f"- {names}: {prose(text, link)}" if names else f"- {prose(text, link)}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
