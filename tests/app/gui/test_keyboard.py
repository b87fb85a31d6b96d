"""Keys mean what they mean elsewhere: Enter in a dialog, arrows in a menu, a click on a slider."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.gui.export.export_dialog import ExportDialog
from app.gui.export.export_settings import FILE_PATH, ExportSettings
from app.gui.export.mesh_dialog import MeshDialog
from app.gui.export.mesh_settings import MeshSettings
from app.gui.panel.panel_parts import Slider
from app.gui.qt import QApplication, QDialog, QEvent, QFileDialog, QPoint, Qt
from app.gui.window import Window
from tests.app.gui.conftest import open_and_wait, send_mouse_to
from tests.qt_test import QTest


@pytest.fixture
def window(window: Window, qtbot: QtBot) -> Window:
    window.activateWindow()
    qtbot.waitActive(window)
    open_and_wait(window, qtbot, Path("fast.pth"))
    return window


@pytest.mark.parametrize("field", ["path", "frames", "width_px", "fps", "out", "from a file", "mesh", "mesh file"])
def test_enter_in_an_export_dialog_exports(
    window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    for name in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, name, lambda *_: pytest.fail("Enter opened the file browser"))
    opened = window.session.opened
    assert opened is not None
    if field.startswith("mesh"):
        dialog: QDialog = MeshDialog(window, opened, MeshSettings(out=str(tmp_path / "a.glb")))
        widget = dialog.out if field == "mesh file" else dialog.resolution
    else:
        settings = ExportSettings(out=str(tmp_path / "a.mp4"))
        if "file" in field:
            settings = replace(settings, path=FILE_PATH, path_file="x")
        dialog = ExportDialog(window, opened, settings, (640, 480))
        widget = dialog.path_file if "file" in field else getattr(dialog, field)
    dialog.show()
    qtbot.waitActive(dialog)
    widget.setFocus()
    QTest.keyClick(widget, Qt.Key.Key_Return)
    assert dialog.result() == QDialog.DialogCode.Accepted and not dialog.isVisible()
    dialog.deleteLater()


def test_arrows_in_an_open_menu_do_not_turn_the_scene(window: Window, qtbot: QtBot) -> None:
    window.viewport.focus()
    before = window.session.eye.shown
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_F, Qt.KeyboardModifier.AltModifier)
    menu = QApplication.activePopupWidget()
    assert menu is window.commands.menus["&File"]
    # As the window system does: to the window that has the focus.
    for _ in range(2):
        QTest.keyClick(window.windowHandle(), Qt.Key.Key_Right)
        qtbot.wait(20)
    opened = QApplication.activePopupWidget()
    assert opened is not None and opened is not menu
    assert window.session.eye.shown is before and not window.session.eye.animating
    while (popup := QApplication.activePopupWidget()) is not None:
        popup.close()
    window.viewport.focus()
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: window.session.eye.shown is not before)


def test_a_click_on_a_slider_goes_there_and_drags_on(qtbot: QtBot) -> None:
    slider = Slider(Qt.Orientation.Horizontal)
    qtbot.addWidget(slider)
    slider.resize(414, 20)
    slider.setRange(0, 100)
    slider.show()
    chosen: list[int] = []
    slider.actionTriggered.connect(lambda _: chosen.append(slider.sliderPosition()))
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(307, 10))
    assert 73 <= slider.value() <= 77 and slider.isSliderDown() and chosen == [slider.value()]
    send_mouse_to(slider, QEvent.Type.MouseMove, QPoint(107, 10), Qt.MouseButton.LeftButton)
    assert 23 <= slider.value() <= 27 and slider.isSliderDown()
    QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(107, 10))
    assert not slider.isSliderDown()


def test_a_click_among_the_views_goes_to_that_view(window: Window) -> None:
    slider = window.views.slider
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() - 8, slider.height() // 2))
    assert window.session.eye.view_index == slider.maximum() == 11
