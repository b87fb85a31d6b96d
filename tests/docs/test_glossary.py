"""Each word of the glossary is found in the code where the glossary says, so that who searches for it comes there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"
LEAST = 50
"""Rows that the glossary has at least."""


class Entry(NamedTuple):
    """A row: words that mean the same, and the places in the code that are named for them."""

    words: tuple[str, ...]
    places: tuple[str, ...]


def entries() -> list[Entry]:
    """The rows of all tables."""
    rows = [line.strip("| ").split(" | ") for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if "|" in line]
    rows = [row for row in rows if len(row) >= 3 and row[0] != "word" and not row[0].startswith("---")]
    return [Entry(_words(row[0]), tuple(re.findall(r"`([^`]+)`", row[2]))) for row in rows]


def _words(text: str) -> tuple[str, ...]:
    """The words of a row's first cell: also what stands in brackets."""
    return tuple(word.strip() for word in re.split(r"[,()]", text) if word.strip())


@cache
def text_of(place: str) -> str:
    """The source at a place: a file, a folder, or a module that has a class's member."""
    path = ROOT / place
    if path.is_dir():
        return "\n".join(file.read_text(encoding="utf-8") for file in sorted(path.glob("*.py")))
    if path.is_file():
        return path.read_text(encoding="utf-8")
    name, _, member = place.partition(".")
    found = [file.read_text(encoding="utf-8") for file in sorted((ROOT / "engines" / "core").rglob("*.py"))]
    return "\n".join(text for text in found if re.search(rf"^class {name}\b", text, re.MULTILINE) and member in text)


def is_found(word: str, text: str) -> bool:
    """Whether somebody who searches for a word, spelt in any usual way, finds it."""
    stem = word.removesuffix("s")
    spelling = r"[\s_-]?".join(map(re.escape, re.split(r"[\s-]", stem)))
    # Underscores stand between the words of a name, capitals in those of a class.
    return re.search(rf"(?<![a-z]){spelling}", text, re.IGNORECASE) is not None


def missing(entry: Entry) -> list[str]:
    """The words of a row that none of its places has."""
    text = "\n".join(text_of(place) for place in entry.places)
    return [word for word in entry.words if not is_found(word, text)]


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.words[0])
def test_a_word_is_found_where_the_glossary_says(entry: Entry) -> None:
    assert entry.places and all(text_of(place) for place in entry.places), "a place that is not there"
    assert missing(entry) == []


def test_there_are_words_enough() -> None:
    assert len(entries()) >= LEAST


def test_a_word_that_is_not_there_is_missed() -> None:
    assert is_found("sphere tracing", "Sphere-tracing") and is_found("camera path", "class CameraPath")
    assert not is_found("pose", "interpose") and not is_found("multiplane image", "multi image")
    assert missing(Entry(("camera", "teapot"), ("engines/core/camera.py",))) == ["teapot"]
