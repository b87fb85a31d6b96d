"""The page's method with something of it exchanged, and what the conformance check says of it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import pytest

from app.conformance.running import CheckOutcome, conform
from engines import registry
from engines.core.data.dataset import Dataset
from tests.docs.page import METHOD, among_engines, engine_source, write_method

Changes: TypeAlias = Sequence[tuple[str, str]]
"""What stands once in the method's source, and what takes its place."""
Wrong: TypeAlias = tuple[Changes, str, str]
"""What is changed, what the check that must fail says of itself, and what it says is wrong."""
BEFORE_RENDER = "    @torch.inference_mode()\n    def render("
BEFORE_JUDGING = "    def unsupported("


def member(source: str, before: str) -> tuple[str, str]:
    """The change that puts a member of four spaces' indent before another."""
    return before, f"{source}\n{before}"


def tried(
    changes: Changes, samples: Sequence[Dataset], folder: Path, monkeypatch: pytest.MonkeyPatch, only: str = ""
) -> tuple[CheckOutcome, ...]:
    """What comes of the checks that have `only` in their line."""
    source = engine_source()
    for whole, broken in changes:
        assert source.count(whole) == 1, whole
        source = source.replace(whole, broken)
    write_method(folder, source)
    with among_engines(folder, monkeypatch):
        if METHOD in registry.failed_engines():
            # It is refused at once; the check is handed it all the same.
            engine = sys.modules[f"engines.{METHOD}.engine"].ENGINE
        else:
            engine = registry.find_engine(METHOD)
        return conform(engine, samples, only=only)


def assert_said(wrong: Wrong, samples: Sequence[Dataset], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the one check fails, and says what is wrong."""
    changes, does, text = wrong
    lines = [outcome.line for outcome in tried(changes, samples, folder, monkeypatch, does)]
    assert any(line.startswith(f"FAILED     {METHOD}.{does}: ") and text in line for line in lines), lines
