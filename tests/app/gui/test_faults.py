"""Whose an exception is, in the window's words."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from psygnal import EmitLoopError, Signal

from app.gui.feedback.notifications import unwrapped
from app.gui.main import surviving
from app.gui.window import Window
from engines import registry
from engines.core.errors import UserError


def test_an_exception_of_an_installed_method_is_told_as_its_own(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        raise KeyError("grid")
    except KeyError as error:
        window.notifications.error(error)
        assert "Something went wrong inside the program: KeyError: 'grid'" in told(window)
        here = registry.Origin("toy.engine", "vantage-toy 1.0", (Path(__file__).resolve(),))
        monkeypatch.setattr(registry, "origins", lambda: {"toy": here})
        window.notifications.error(error)
    assert told(window).startswith("the method toy failed with KeyError: 'grid' in test_faults.py, line ")
    assert "the package vantage-toy 1.0, and its author can mend it" in told(window)


def told(window: Window) -> str:
    """What the banner says, without the places that it may be broken at."""
    return str(window.banner.text.text()).replace("\u200b", "")


class Outer:
    """A model that tells of its changes."""

    changed = Signal()


def test_what_a_listener_to_a_model_did_wrong_is_told_as_it_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    outer, inner, said = Outer(), Outer(), list[BaseException]()

    def wrong() -> None:
        raise UserError("cup.png: no such file")

    inner.changed.connect(wrong)
    outer.changed.connect(lambda: inner.changed.emit())
    with surviving(lambda call: call(), lambda error, count: said.append(error)):
        try:
            outer.changed.emit()
        except EmitLoopError as error:
            sys.excepthook(type(error), error, error.__traceback__)
    assert [str(error) for error in said] == ["cup.png: no such file"] and isinstance(said[0], UserError)
    assert unwrapped(said[0]) is said[0] and "no such file" in capsys.readouterr().err
