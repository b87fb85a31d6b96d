"""What the page of formats gets from the code that reads them: how each layout is known, and one table of all."""

from __future__ import annotations

import re

from docs.site.pages import escaped, table
from engines.core.formats import FORMATS

HEADING = re.compile(r"^### `(\w+)`: (.*)$", flags=re.M)
OVERVIEW = "<!-- overview of data folders -->"
ROWS = ("Files", "Poses", "Axes", "World", "Kept", "Passed over")
"""What is told of each layout, in a table of its own."""
SHOWN = ("Poses", "Axes", "World")


class Undocumented(Exception):
    """A layout is read that the page does not tell of, or not all of."""


def with_layouts(text: str) -> str:
    """The page, with the sentence by which each layout is known under its heading, and the table of all.

    Raises:
        Undocumented: names the layout and what is missing.
    """
    sections = layout_sections(text)
    layouts = {format_.NAME: format_.LAYOUT for format_ in FORMATS}
    for name in layouts:
        lacking = [row for row in ROWS if row not in sections.get(name, {})]
        if lacking:
            raise Undocumented(f"docs/formats.md lacks {', '.join(lacking)} of the layout {name}")
    rows = [(f"[{heading}](#{name})", *(sections[name][row] for row in SHOWN))
            for name, heading in HEADING.findall(text) if name in layouts]  # fmt: skip
    text = text.replace(OVERVIEW, table(("layout", *(row.lower() for row in SHOWN)), rows))
    return HEADING.sub(lambda found: _known_by(found, layouts.get(found[1], "")), text)


def layout_sections(text: str) -> dict[str, dict[str, str]]:
    """Of each layout that the page has a heading for, the rows of its table."""
    parts = HEADING.split(text)
    bodies = dict(zip(parts[1::3], parts[3::3], strict=True))
    return {name: dict(re.findall(r"^\| (\w[\w ]*) \| (.+) \|$", body, flags=re.M)) for name, body in bodies.items()}


def _known_by(heading: re.Match[str], layout: str) -> str:
    if not layout:
        return heading[0]
    return f"### {heading[2]} {{ #{heading[1]} }}\n\n`{heading[1]}`, known by: {escaped(layout)}."
