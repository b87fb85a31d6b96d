"""What the theme makes of Qt's own widgets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.gui.qt import QApplication, QColor, QComboBox, QEvent, current_application, present
from app.gui.theme import DARK, LIGHT, Colours, apply_theme
from tests.app.gui.conftest import send_mouse_to
from tests.app.gui.qt_pixels import on_screen


@pytest.fixture
def choice() -> Iterator[QComboBox]:
    box = QComboBox()
    box.addItems([f"Path {number}" for number in range(6)])
    yield box
    box.hidePopup()
    box.deleteLater()
    QApplication.processEvents()


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_the_row_under_the_mouse_of_an_opened_list_is_seen(choice: QComboBox, colours: Colours, qtbot: QtBot) -> None:
    application = current_application()
    application.setStyle("Fusion")
    apply_theme(application, colours)
    choice.show()
    qtbot.waitExposed(choice)
    choice.showPopup()
    rows = choice.view()
    qtbot.waitExposed(rows)
    row = rows.visualRect(rows.model().index(4, 0))
    send_mouse_to(present(rows.viewport()), QEvent.Type.MouseMove, row.center())
    accent = QColor(colours.accent)

    def marked() -> bool:
        seen = on_screen(present(rows.viewport()), qtbot)[row.top() + 3 : row.bottom() - 3, 4 : row.width() - 4]
        away = np.abs(seen.astype(int) - [accent.red(), accent.green(), accent.blue()]).max(axis=2)
        return float((away < 30).mean()) > 0.5 and float((away > 60).mean()) > 0.01

    qtbot.waitUntil(marked, timeout=20_000)
