"""The window and its dialogs fit small screens, whatever they show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.gui import dialog_parts
from app.gui.export.export_dialog import ExportDialog
from app.gui.export.export_settings import ExportSettings
from app.gui.export.mesh_dialog import MeshDialog
from app.gui.export.mesh_settings import MeshSettings
from app.gui.main import make_window
from app.gui.menus.shortcut_sheet import ShortcutSheet
from app.gui.qt import QApplication, QDialog, QDockWidget, QPushButton, QRect, Qt, QWidget
from app.gui.training.dialog import TrainDialog
from app.gui.window import Window
from app.settings import Recent, Settings, load_settings, save_settings
from tests.app.gui.conftest import open_and_wait

LAPTOP = (1280, 720)
LONG = "a-very-long-name-of-a-file-" * 6 + ".safetensors"


def settle(qtbot: QtBot) -> None:
    QApplication.processEvents()
    qtbot.wait(50)


def test_all_panels_at_once_fit_a_laptop(window: Window, qtbot: QtBot) -> None:
    recent = tuple(Recent(f"/scenes/{number}/{LONG}", None) for number in range(10))
    window.settings.change(Settings(recent=recent))
    window.resize(*LAPTOP)
    window.commands["training"].trigger()
    window.export_bar.begin(Path(f"/{LONG}"), 10)
    window.time_bar.show()
    window.status.show_loading(LONG)
    settle(qtbot)
    assert (window.width(), window.height()) == LAPTOP
    open_and_wait(window, qtbot, Path("fast.pth"))
    window.time_bar.show()
    window.setWindowTitle(LONG)
    settle(qtbot)
    assert (window.width(), window.height()) == LAPTOP
    assert window.minimumSizeHint().height() < 640
    for part in (window.status, window.export_bar, window.time_bar):
        assert part.isVisible() and part.mapTo(window, part.rect().bottomLeft()).y() <= LAPTOP[1]


def test_all_panels_fit_a_screen_at_twice_the_scale(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"))
    window.resize(940, 500)
    window.commands["training"].trigger()
    window.time_bar.show()
    settle(qtbot)
    assert (window.width(), window.height()) == (940, 500)
    right = window.dock.mapTo(window, window.dock.rect().bottomRight())
    assert window.dock.isVisible() and right.x() < 940


def test_the_training_panel_can_be_made_high(window: Window, qtbot: QtBot) -> None:
    window.resize(*LAPTOP)
    window.commands["training"].trigger()
    panel = window.trainings.panel
    assert panel is not None
    dock = panel.parentWidget()
    assert isinstance(dock, QDockWidget)
    window.resizeDocks([dock], [1000], Qt.Orientation.Vertical)
    settle(qtbot)
    assert panel.height() > 380 and window.height() == LAPTOP[1]


def test_a_window_remembered_from_a_larger_screen_comes_back_onto_this_one(qtbot: QtBot) -> None:
    large = make_window("cpu")
    large.setGeometry(1200, 700, 2560, 1600)
    geometry = bytes(large.saveGeometry().toBase64()).decode()
    large.end()
    save_settings(Settings(geometry=geometry))
    assert load_settings().geometry == geometry
    window = make_window("cpu")
    window.show()
    qtbot.waitExposed(window)
    screen = QApplication.primaryScreen().availableGeometry()
    assert screen.contains(window.frameGeometry())
    window.end()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> QRect:
    """What twice the scale leaves of a screen of 1920x1080."""
    room = QRect(0, 0, 960, 540)
    monkeypatch.setattr(dialog_parts, "room_for", lambda window: room)
    return room


@pytest.fixture
def dialogs(window: Window, qtbot: QtBot) -> Iterator[list[QDialog]]:
    open_and_wait(window, qtbot, Path("fast.pth"))
    made: list[QDialog] = []
    yield made
    for dialog in made:
        dialog.reject()
        dialog.deleteLater()


def reachable(dialog: QDialog, button: QWidget, room: QRect) -> bool:
    at = button.mapTo(dialog, button.rect().bottomRight())
    return button.isVisible() and at.x() < dialog.width() <= room.width() and at.y() < dialog.height() <= room.height()


@pytest.mark.parametrize("kind", ["train", "video", "mesh", "keys"])
def test_every_dialog_fits_and_its_buttons_are_reached(
    window: Window, qtbot: QtBot, small: QRect, dialogs: list[QDialog], kind: str
) -> None:
    opened = window.session.opened
    assert opened is not None
    if kind == "train":
        dialog: QDialog = TrainDialog(window, busy=False)
        dialog.wrong.setText("Something is wrong with this data, which takes a sentence or two to be told. " * 3)
    elif kind == "video":
        dialog = ExportDialog(window, opened, ExportSettings(), (640, 480))
    elif kind == "mesh":
        dialog = MeshDialog(window, opened, MeshSettings())
    else:
        dialog = ShortcutSheet(window)
    dialogs.append(dialog)
    dialog.show()
    settle(qtbot)
    assert small.contains(QRect(0, 0, dialog.width(), dialog.height()))
    for button in dialog.findChildren(QPushButton):
        if button.text().replace("&", "") in ("Train", "Cancel", "Export"):
            assert reachable(dialog, button, small), button.text()
