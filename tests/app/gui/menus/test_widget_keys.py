"""Keys go to the widget that has the focus where it needs them, and to the window's commands where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.gui.menus.command_table import COMMANDS
from app.gui.menus.widget_keys import SEARCHING, STEPPING, WALKING
from app.gui.qt import (
    ERASING,
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QKeySequence,
    QLineEdit,
    QScrollBar,
    Qt,
    QToolBar,
    QTreeWidgetItem,
    QWidget,
    present,
)
from app.gui.window import Window
from engines.core.engine import Control
from tests.app.gui.conftest import Shelf, open_and_wait
from tests.app.gui.fake_scene import FakeScene
from tests.qt_test import QTest

LETTERS = [key for command in COMMANDS for key in command.keys if len(key) == 1 and key.isalnum()]


@pytest.fixture
def window(window: Window, qtbot: QtBot, shelf: Shelf, tmp_path: Path) -> Window:
    """With a scene that has a control of each kind, its photographs, and the panels below."""
    controls = (
        Control("animal", "Animal", "choice", 0, 2, 0, ("ape", "bear", "vole")),
        Control("blend", "Blend", "number", 0.0, 1.0, 0.5),
    )
    shelf.scenes["zoo.pth"] = lambda: FakeScene(controls=controls)
    window.activateWindow()
    qtbot.waitActive(window)
    open_and_wait(window, qtbot, Path("zoo.pth"), tmp_path)
    for id in ("training", "evaluation", "timeline"):
        if not window.commands[id].isChecked():
            window.commands[id].trigger()
    # Without a key the timeline has no numbers to be typed.
    window.commands["path_add"].trigger()
    QApplication.processEvents()
    return window


def triggered(window: Window) -> list[str]:
    """Which commands are given from now on."""
    found: list[str] = []
    for id in window.commands:
        window.commands[id].triggered.connect(lambda *_, id=id: found.append(id))
    return found


def press(window: Window, widget: QWidget, key: Qt.Key) -> None:
    """As the window system does: to the window; the widget has the focus."""
    widget.setFocus()
    assert QApplication.focusWidget() in (widget, widget.focusProxy())
    QTest.keyClick(window.windowHandle(), key)


def box_of(window: Window, text: str) -> QComboBox:
    return next(box for box in window.dock.findChildren(QComboBox) if box.findText(text) >= 0)


def test_letters_choose_in_a_combo_box(window: Window) -> None:
    given, box = triggered(window), box_of(window, "vole")
    press(window, box, Qt.Key.Key_V)
    assert box.currentText() == "vole" and window.session.view.controls["animal"] == 2
    assert given == [] and not window.commands["fly"].isChecked()


def test_letters_choose_in_an_open_combo_box(window: Window, qtbot: QtBot) -> None:
    given, box = triggered(window), box_of(window, "vole")
    box.setFocus()
    box.showPopup()
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    for key in (Qt.Key.Key_B, Qt.Key.Key_Return):
        QTest.keyClick(window.windowHandle(), key)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is None)
    assert box.currentText() == "bear" and given == []


def test_letters_go_to_rows_of_a_table(window: Window) -> None:
    assert window.evaluating.panel is not None
    table, given = window.evaluating.panel.table, triggered(window)
    for name in ("apse", "back", "vault"):
        table.addTopLevelItem(QTreeWidgetItem([name]))
    press(window, table, Qt.Key.Key_V)
    assert table.currentItem().text(0) == "vault"
    press(window, table, Qt.Key.Key_Home)
    assert table.currentItem().text(0) == "apse" and given == []


def test_no_widget_leaks_keys_that_it_needs(window: Window) -> None:
    """Every one there is, with every key that is also a command's."""
    given = triggered(window)
    kinds = (*SEARCHING, *STEPPING)
    found = [
        widget
        for widget in window.findChildren(QWidget)
        if isinstance(widget, kinds)
        and not isinstance(widget, QScrollBar)
        and widget.isVisible()
        and widget.isEnabled()
        and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
    ]
    assert {kind for kind in kinds if any(isinstance(widget, kind) for widget in found)} == set(kinds)
    letters = [Qt.Key(QKeySequence(letter)[0]) for letter in LETTERS]
    for widget in found:
        for key in (*WALKING, *((*letters, *ERASING) if isinstance(widget, SEARCHING) else [])):
            press(window, widget, key)
            assert given == [], (type(widget).__name__, widget.toolTip(), key)


def test_delete_in_the_list_of_runs_deletes_no_key_of_the_timeline(window: Window) -> None:
    assert window.trainings.panel is not None
    runs, path = window.trainings.panel.runs, window.paths.document
    runs.addTopLevelItem(QTreeWidgetItem(["car"]))
    path.select([0])
    press(window, runs, Qt.Key.Key_Delete)
    assert len(path.path.keys) == 1
    press(window, window.viewport.canvas.widget, Qt.Key.Key_Delete)
    assert len(path.path.keys) == 0


def test_other_widgets_leave_keys_to_the_window(window: Window) -> None:
    given, box = triggered(window), next(box for box in window.dock.findChildren(QCheckBox) if box.isVisible())
    press(window, box, Qt.Key.Key_V)
    assert given == ["fly"]
    # A combo box has no use for these.
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_F9)
    assert given == ["fly", "panel"]


def test_what_is_clicked_is_reached_by_keys(window: Window) -> None:
    """By Tab, or as a command in a menu; and it says what it does."""
    commands = {window.commands[id] for id in window.commands}
    bars = window.findChildren(QToolBar)
    for button in window.findChildren(QAbstractButton):
        if not button.isVisible() or isinstance(button.parentWidget(), QLineEdit | QComboBox):
            continue
        told = button.toolTip() or button.text() or button.accessibleName()
        assert told, (type(button).__name__, type(button.parentWidget()).__name__)
        tabbed = button.focusPolicy() & Qt.FocusPolicy.TabFocus
        action = getattr(button, "defaultAction", lambda: None)()
        # Qt's own button for what has no room in a bar.
        more = button.objectName() == "qt_toolbar_ext_button"
        assert tabbed or action in commands or more, told
    assert all(action in commands for bar in bars for action in bar.actions() if not action.isSeparator())
    assert present(window.menuBar()).actions()
