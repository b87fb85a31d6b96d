"""Settings are there at the next start, however this one ended."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.gui.window import Window
from app.settings import load_settings
from engines.core.errors import UserError
from tests.app.gui.conftest import NEVER, told


def test_what_is_exported_is_written_at_once_and_the_rest_soon(
    window: Window, qtbot: QtBot, own_settings: Path
) -> None:
    window.settings.update(orbit_speed=1.5)
    window.settings.update(orbit_speed=2.0)
    assert load_settings().orbit_speed == 1.0
    qtbot.waitUntil(lambda: load_settings().orbit_speed == 2.0, timeout=NEVER)
    window.settings.update(export={"fps": 12.0})
    assert load_settings().export == {"fps": 12.0}


def test_a_place_that_cannot_be_written_is_told_once(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def refuse(settings: object) -> None:
        tried.append(settings)
        raise UserError("settings.json: can't be written")

    monkeypatch.setattr("app.settings.save_settings", refuse)
    for count in (1, 2):
        window.settings.update(export={"fps": float(count)})
    assert len(tried) == 2 and told(window).count("can't be written") == 1
    window.notifications.hide()
    window.settings.update(export={"fps": 3.0})
    assert len(tried) == 3 and not window.banner.isVisible()
