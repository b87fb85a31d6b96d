"""Whether there is a display, and what is said where there is none."""

from __future__ import annotations

import ctypes
import sys

import pytest

from app.diagnostics import display


@pytest.mark.parametrize("answers", [True, False])
def test_an_x_display_counts_where_its_server_answers(monkeypatch: pytest.MonkeyPatch, answers: bool) -> None:
    asked: list[str] = []

    def ask(name: str) -> bool:
        asked.append(name)
        return answers

    monkeypatch.setattr(display, "x_server_answers", ask)
    assert display.has_display({"DISPLAY": ":7"}, "linux") is answers
    assert asked == [":7"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 is Linux's")
def test_a_dead_x_server_does_not_answer() -> None:
    try:
        ctypes.CDLL("libX11.so.6")
    except OSError:
        pytest.skip("no libX11 here")
    assert not display.x_server_answers(":9876")


def test_display_is_what_the_system_says() -> None:
    assert display.has_display({}, "darwin")
    assert display.has_display({}, "win32")
    assert not display.has_display({}, "linux")
    assert not display.has_display({"DISPLAY": ""}, "linux")
    for name in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        assert display.has_display({name: "x"}, "linux")


def test_why_there_is_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "x_server_answers", lambda name: False)
    assert "DISPLAY and WAYLAND_DISPLAY are not set" in display.display_problem({}, "linux")
    assert display.display_problem({"DISPLAY": ":7"}, "linux") == "the X server of DISPLAY=:7 does not answer"
