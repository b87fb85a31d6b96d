"""Whose an exception is, in the window's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.gui.window import Window
from engines import registry


def test_an_exception_of_an_installed_method_is_told_as_its_own(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        raise KeyError("grid")
    except KeyError as error:
        window.tell_error(error)
        assert "Something went wrong inside the program: KeyError: 'grid'" in told(window)
        here = registry.Origin("toy.engine", "vantage-toy 1.0", (Path(__file__).resolve(),))
        monkeypatch.setattr(registry, "origins", lambda: {"toy": here})
        window.tell_error(error)
    assert told(window).startswith("the method toy failed with KeyError: 'grid' in test_faults.py, line ")
    assert "the package vantage-toy 1.0, and its author can mend it" in told(window)


def told(window: Window) -> str:
    """What the banner says, without the places that it may be broken at."""
    return str(window.banner.text.text()).replace("\u200b", "")
