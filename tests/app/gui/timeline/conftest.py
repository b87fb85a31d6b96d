"""A window with a scene open and the timeline shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.gui.qt import (
    Qt,
)
from app.gui.window import Window
from tests.app.gui.conftest import open_and_wait
from tests.app.gui.timeline.driving import activate, press


@pytest.fixture
def timeline(window: Window, qtbot: QtBot) -> Window:
    """The window with a scene open, and the timeline shown by its key."""
    open_and_wait(window, qtbot, Path("fast.pth"))
    activate(window, qtbot)
    assert not window.paths.bar.isVisible()
    press(window, qtbot, Qt.Key.Key_F7)
    assert window.paths.bar.isVisible() and window.settings.current.timeline
    return window
