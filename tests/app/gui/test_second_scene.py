"""A second scene under the same camera: opened, wiped, beside, by turns, as a difference; with real events."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

import app.gui.export.exporting
from app import cli
from app.commands import console
from app.export.scene_pair import WIPE
from app.gui.export.export_dialog import ExportDialog
from app.gui.export.export_settings import ExportSettings
from app.gui.qt import QApplication, QFileDialog, QPoint, QRect, Qt, combined
from app.gui.viewport.second_showing import SecondShowing
from app.gui.window import Window
from app.viewing.second_scene import SecondScene
from engines.core.camera import Array, Camera
from engines.core.engine import Stop
from engines.core.errors import UserError
from engines.core.frame import Frame
from tests.app.gui.conftest import NEVER, Shelf, drag, open_and_wait, told, wait_exact
from tests.app.gui.fake_scene import FakeScene

ALT = Qt.KeyboardModifier.AltModifier


class Dark(FakeScene):
    """The same at half its brightness."""

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        frame = super().render(camera, controls, stop)
        return Frame(frame.image * 0.5, frame.depth)


class Broken(FakeScene):
    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        raise UserError("this lamp is broken")


@pytest.fixture
def compared(window: Window, qtbot: QtBot, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Window:
    """Two scenes under one camera, the second by the menu's dialog."""
    shelf.scenes["dark.pth"] = Dark
    open_and_wait(window, qtbot, Path("fast.pth"))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=NEVER)
    window.viewport.focus()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("dark.pth", ""))
    qtbot.keyClick(window.viewport.canvas.widget, Qt.Key.Key_C, combined(Qt.KeyboardModifier.ControlModifier, ALT))
    wait_both(window, qtbot)
    return window


def second_of(window: Window) -> SecondScene:
    second = window.looking.second.comparison.second
    assert second is not None
    return second


def wait_both(window: Window, qtbot: QtBot) -> None:
    """Waits until all that is seen of both is exact, and of the eye's camera."""
    qtbot.waitUntil(lambda: window.looking.second.comparison.second is not None, timeout=NEVER)
    wait_exact(window, qtbot)
    qtbot.waitUntil(window.looking.shown.is_final, timeout=NEVER)


def pixels(window: Window) -> tuple[Array, Array, Array]:
    """What is on the screen, and of each scene its own."""
    shown, second = window.looking.shown, second_of(window)
    assert shown.picture is not None and second.last is not None and shown.pixels is not None
    return shown.pixels, shown.picture.pixels, second.last.pixels


def showing(window: Window) -> SecondShowing:
    return window.looking.second


def test_the_line_is_dragged_and_the_camera_stays(compared: Window, qtbot: QtBot) -> None:
    shown, first, second = pixels(compared)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(shown[:, :64], first[:, :64])
    np.testing.assert_array_equal(shown[:, 64:], second[:, 64:])
    assert compared.status.view.text() == "fast.pth | dark.pth"
    tags = showing(compared).tags
    assert (tags.left.text(), tags.right.text()) == ("fast.pth", "dark.pth") and tags.right.isVisible()
    before = compared.session.eye.shown
    drag(compared, qtbot, (-round(32 * compared.viewport.canvas.placement().scale), 0))
    shown, first, second = pixels(compared)
    assert compared.session.eye.shown is not None and before is not None
    assert np.array_equal(compared.session.eye.shown.camera_to_world, before.camera_to_world)
    np.testing.assert_array_equal(shown[:, :31], first[:, :31])
    np.testing.assert_array_equal(shown[:, 33:], second[:, 33:])


def test_both_follow_the_hand(compared: Window, qtbot: QtBot) -> None:
    before = compared.session.eye.shown
    # Beside the line.
    compared.looking.second.comparison.share = 0.1
    drag(compared, qtbot, (60, 10))
    wait_both(compared, qtbot)
    eye, last = compared.session.eye.shown, second_of(compared).last
    assert eye is not None and last is not None and before is not None
    assert not np.array_equal(eye.camera_to_world, before.camera_to_world)
    assert np.array_equal(last.camera.camera_to_world, eye.camera_to_world)


def test_layouts_by_their_keys(compared: Window, qtbot: QtBot) -> None:
    canvas = compared.viewport.canvas.widget
    qtbot.keyClick(canvas, Qt.Key.Key_2, ALT)
    wait_both(compared, qtbot)
    assert compared.viewport.beside and compared.commands["compare_side"].isChecked()
    shown, first, second = pixels(compared)
    assert np.array_equal(shown, first)
    compared.commands["copy_picture"].trigger()
    image = QApplication.clipboard().image()
    assert image.width() == 2 * first.shape[1] and image.height() == first.shape[0]
    qtbot.keyClick(canvas, Qt.Key.Key_4, ALT)
    wait_both(compared, qtbot)
    assert not compared.viewport.beside
    apart = np.abs(first.astype(float) - second).mean(axis=2) / 255
    limits = showing(compared).comparison.limits
    assert limits is not None and limits[1] == pytest.approx(np.percentile(apart, 99), abs=1e-3)
    card = compared.channels
    assert card.bar.isVisible() and card.range.high.text() == f"{limits[1]:.4g}" and "two scenes" in card.unit.text()
    assert compared.status.view.text() == "Difference of fast.pth and dark.pth"
    qtbot.keyClick(canvas, Qt.Key.Key_1, ALT)
    assert compared.status.view.text() == "fast.pth | dark.pth" and not card.bar.isVisible()


def test_they_take_turns_by_themselves_and_by_a_key(compared: Window, qtbot: QtBot) -> None:
    canvas = compared.viewport.canvas.widget
    qtbot.keyClick(canvas, Qt.Key.Key_3, ALT)
    for name in ("dark.pth", "fast.pth", "dark.pth"):
        # Of a lambda with a default no type is inferred.
        qtbot.waitUntil(lambda name=name: compared.status.view.text() == name, timeout=NEVER)  # type: ignore[misc]
    qtbot.keyClick(canvas, Qt.Key.Key_Z)
    assert not compared.commands["flicker_timer"].isChecked()
    seen = []
    for _ in range(3):
        shown, first, second = pixels(compared)
        seen.append("fast" if np.array_equal(shown, first) else "dark" if np.array_equal(shown, second) else "")
        qtbot.keyClick(canvas, Qt.Key.Key_Z)
    assert seen in (["fast", "dark", "fast"], ["dark", "fast", "dark"])


def test_messages_leave_room_for_the_names(compared: Window, qtbot: QtBot) -> None:
    tags, banner = showing(compared).tags, compared.banner
    banner.tell("warning", "The data folder isn't there.")
    covered, below = QRect(banner.mapToGlobal(QPoint()), banner.size()), banner.y()
    assert banner.isVisible() and covered.right() > tags.right.mapToGlobal(QPoint()).x()
    for tag in (tags.left, tags.right):
        assert tag.isVisible() and not covered.intersects(QRect(tag.mapToGlobal(QPoint()), tag.size()))
    compared.commands["close_compared"].trigger()
    qtbot.waitUntil(lambda: banner.y() < below, timeout=NEVER)


def test_closing_gives_the_first_one_back(compared: Window, qtbot: QtBot) -> None:
    qtbot.keyClick(compared.viewport.canvas.widget, Qt.Key.Key_2, ALT)
    wait_both(compared, qtbot)
    both = combined(Qt.KeyboardModifier.ControlModifier, ALT)
    qtbot.keyClick(compared.viewport.canvas.widget, Qt.Key.Key_B, both)
    wait_exact(compared, qtbot)
    shown = compared.looking.shown
    assert showing(compared).comparison.second is None and compared.viewport.beside is None
    assert shown.picture is not None and shown.pixels is shown.picture.pixels
    assert compared.status.view.text() == "" and not showing(compared).tags.left.isVisible()
    assert not compared.commands["compare_side"].isEnabled()


def test_it_goes_with_the_scene_that_it_is_compared_with(compared: Window, qtbot: QtBot, shelf: Shelf) -> None:
    shelf.scenes["other.pth"] = FakeScene
    open_and_wait(compared, qtbot, Path("other.pth"))
    assert showing(compared).comparison.second is None
    compared.commands["close"].trigger()
    assert not compared.commands["compare"].isEnabled()


def test_a_file_that_is_no_scene_leaves_all_as_it_was(compared: Window, qtbot: QtBot) -> None:
    showing(compared).open(Path("damaged.pth"))
    qtbot.waitUntil(lambda: "damaged.pth" in told(compared) and "torch" in told(compared), timeout=NEVER)
    assert second_of(compared).name == "dark.pth"


def test_a_scene_that_can_not_be_drawn_is_closed_and_told(compared: Window, qtbot: QtBot, shelf: Shelf) -> None:
    shelf.scenes["broken.pth"] = Broken
    showing(compared).open(Path("broken.pth"))
    qtbot.waitUntil(lambda: "this lamp is broken" in told(compared), timeout=NEVER)
    assert showing(compared).comparison.second is None
    wait_exact(compared, qtbot)


def test_another_size_is_brought_to_the_first_ones(compared: Window, qtbot: QtBot, shelf: Shelf) -> None:
    shelf.scenes["any.pth"] = lambda: FakeScene(None)
    open_and_wait(compared, qtbot, Path("any.pth"))
    showing(compared).open(Path("dark.pth"))
    wait_both(compared, qtbot)
    shown, first, second = pixels(compared)
    assert shown.shape == first.shape and second.shape == (128, 128, 3) and first.shape[1] > first.shape[0]
    # Beside the square that it draws there is nothing of it.
    assert (shown[:, -8:] == 96).all()


def test_scores_are_of_both(compared: Window, qtbot: QtBot, tmp_path: Path) -> None:
    compared.session.loader.attach(tmp_path / "held_out")
    qtbot.waitUntil(lambda: compared.session.loader.data is not None, timeout=NEVER)
    wait_both(compared, qtbot)
    compared.commands["evaluate"].trigger()
    qtbot.waitUntil(lambda: compared.evaluating.found is not None, timeout=NEVER)
    found = compared.evaluating.found
    assert found is not None and found.labels == ("fast.pth", "dark.pth")
    panel = compared.evaluating.panel
    assert panel is not None
    for key, scores in panel.table.shown:
        assert [scores[0].psnr, scores[1].psnr] == [scene.scores[key].psnr for scene in found.scenes]
        assert scores[0].psnr > scores[1].psnr
    row = panel.table.topLevelItem(0)
    assert row is not None and row.text(5).startswith("-")


def test_both_are_exported_as_the_command_line_does(
    compared: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shelf: Shelf
) -> None:
    compared.looking.second.comparison.share = 0.25
    seen = list[ExportSettings]()

    def ask(parent: Window, *asked: object) -> ExportSettings:
        """By the keyboard, in the dialog itself."""
        # They are what the dialog is given in the window.
        dialog = ExportDialog(parent, *asked)  # type: ignore[arg-type]
        dialog.show()
        rows = dialog.comparison
        assert rows.layout.currentData() == "" and not rows.wipe_at.isVisible() and not rows.labels.isEnabled()
        rows.layout.setFocus()
        qtbot.keyClicks(rows.layout, "A line")
        assert rows.layout.currentData() == WIPE and rows.wipe_at.isVisible() and rows.wipe_at.value() == 25
        rows.labels.setFocus()
        qtbot.keyClick(rows.labels, Qt.Key.Key_Space)
        dialog.channels["normals"].setChecked(True) if "normals" in dialog.channels else None
        dialog.path.setCurrentIndex(dialog.path.findData("split:train"))
        dialog.out.setText(str(tmp_path / ".mp4"))
        assert "is a suffix without a name" in dialog.note.text() and not dialog.start.isEnabled()
        dialog.out.setText(str(tmp_path / "ours"))
        assert dialog.start.isEnabled()
        seen.append(dialog.settings())
        dialog.close()
        return seen[-1]

    monkeypatch.setattr(app.gui.export.exporting, "ask_export", ask)
    compared.commands["export"].trigger()
    assert (seen[0].compare, seen[0].wipe_at, seen[0].labels) == (WIPE, 0.25, True)
    qtbot.waitUntil(lambda: compared.exporting.job is None, timeout=NEVER)
    monkeypatch.setattr(console, "open_scene", shelf.open)
    words = ["--compare-with", "dark.pth", "--layout", "wipe", "--wipe-at", "0.25", "--labels", "--path", "train"]
    assert cli.main(["render", "fast.pth", *words, "--out", str(tmp_path / "theirs")]) == 0
    ours, theirs = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("ours", "theirs")
    )
    assert len(ours) > 1 and ours == theirs
    picture = np.asarray(cv2.imread(str(tmp_path / "ours" / "rgb_00000.png")))
    assert picture[64:, :32].mean() > picture[64:, 32:64].mean(), "the bright one is at the left"


def test_a_scene_alone_offers_no_comparison(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"))
    opened = window.session.opened
    assert opened is not None
    dialog = ExportDialog(window, opened, ExportSettings(compare=WIPE), (64, 64))
    dialog.show()
    assert dialog.settings().compare == "" and not dialog.comparison.layout.isVisible()
    dialog.close()
