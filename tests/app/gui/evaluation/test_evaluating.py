"""All held-out views scored beside the window: rows, sorting, going there, cancelling, the report; with real events."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.gui.evaluation.panel import EvaluationPanel
from app.gui.qt import QFileDialog, Qt
from app.gui.window import Window
from app.training.evaluation import evaluate
from engines.core.camera import Camera
from engines.core.engine import Stop
from engines.core.errors import Cancelled
from engines.core.frame import Frame
from tests.app.gui.conftest import NEVER, Shelf, open_and_wait, told, wait_exact
from tests.app.gui.fake_scene import FakeScene


class HeldUp(FakeScene):
    """Draws, until the gate is closed."""

    gate = threading.Event()

    def render(self, camera: Camera, controls: Mapping[str, float], stop: Stop) -> Frame:
        while not self.gate.wait(0.005):
            if stop():
                raise Cancelled
        return super().render(camera, controls, stop)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "held_out"


@pytest.fixture
def opened(window: Window, qtbot: QtBot, data: Path) -> Window:
    open_and_wait(window, qtbot, Path("fast.pth"), data)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=NEVER)
    window.viewport.focus()
    return window


def press(window: Window, qtbot: QtBot, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.keyClick(window.viewport.canvas.widget, Qt.Key.Key_F6, held)


def panel_of(window: Window) -> EvaluationPanel:
    assert window.evaluating.panel is not None
    return window.evaluating.panel


def evaluated(window: Window, qtbot: QtBot) -> EvaluationPanel:
    press(window, qtbot, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: window.evaluating.found is not None, timeout=NEVER)
    return panel_of(window)


def names(panel: EvaluationPanel) -> list[str]:
    return [key[1] for key, _ in panel.table.shown]


def click_head(panel: EvaluationPanel, qtbot: QtBot, column: int) -> None:
    header = panel.table.header()
    at = header.rect().center()
    at.setX(header.sectionViewportPosition(column) + header.sectionSize(column) // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=at)


def click_row(panel: EvaluationPanel, qtbot: QtBot, name: str) -> None:
    item = panel.table.topLevelItem(names(panel).index(name))
    panel.table.scrollToItem(item)
    at = panel.table.visualItemRect(item).center()
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_every_held_out_view_is_a_row(opened: Window, qtbot: QtBot) -> None:
    panel = evaluated(opened, qtbot)
    assert panel.isVisible() and opened.commands["evaluation"].isChecked()
    session = opened.session
    assert session.opened is not None and session.opened.dataset is not None
    plain = evaluate(FakeScene(), session.opened.dataset.split("test"))
    assert [(key[1], scores[0]) for key, scores in panel.table.shown] == [(s.view, s) for s in plain.scores]
    row = panel.table.topLevelItem(0)
    assert row is not None and not row.icon(0).isNull()
    assert [row.text(column) for column in range(3)] == [
        plain.scores[0].view, f"{plain.scores[0].psnr:.2f}", f"{plain.scores[0].ssim:.4f}",
    ]  # fmt: skip
    assert panel.state.text() == f"2 test: PSNR {plain.psnr:.2f} dB, SSIM {plain.ssim:.4f}"
    assert not panel.progress.isVisible() and opened.commands["save_report"].isEnabled()


def test_heads_sort_and_rows_lead_to_their_views(opened: Window, qtbot: QtBot) -> None:
    press(opened, qtbot)
    panel = panel_of(opened)
    panel.split.setCurrentIndex(panel.split.findData("train"))
    evaluated(opened, qtbot)
    for column, metric in ((1, "psnr"), (2, "ssim")):
        for sign in (1, -1):
            click_head(panel, qtbot, column)
            found = [sign * getattr(scores[0], metric) for _, scores in panel.table.shown]
            assert found == sorted(found) and len(found) == 7
    wanted = names(panel)[3]
    click_row(panel, qtbot, wanted)
    wait_exact(opened, qtbot)
    session = opened.session
    assert session.eye.view_index is not None
    assert session.visited.points[session.eye.view_index].name == wanted and session.visited.split == "train"
    qtbot.waitUntil(lambda: opened.views.psnr.text().endswith("dB"), timeout=NEVER)


def test_a_row_of_another_split_leads_there(opened: Window, qtbot: QtBot) -> None:
    assert opened.session.visited.split == "train"
    panel = evaluated(opened, qtbot)
    click_row(panel, qtbot, names(panel)[1])
    wait_exact(opened, qtbot)
    session = opened.session
    assert session.visited.split == "test" and session.eye.view_index == 1


def test_it_is_cancelled_and_the_window_goes_on(
    window: Window, qtbot: QtBot, shelf: Shelf, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HeldUp, "gate", threading.Event())
    scenes = [FakeScene(), HeldUp()]
    shelf.scenes["held.pth"] = lambda: scenes.pop(0) if scenes else FakeScene()
    open_and_wait(window, qtbot, Path("held.pth"), data)
    window.commands["evaluate"].trigger()
    assert window.evaluating.there["evaluation"] and window.commands["cancel_evaluation"].isEnabled()
    panel = panel_of(window)
    qtbot.waitUntil(lambda: not scenes, timeout=NEVER)
    # One looks on meanwhile.
    window.commands["next"].trigger()
    wait_exact(window, qtbot)
    window.commands["cancel_evaluation"].trigger()
    assert not window.commands["cancel_evaluation"].isEnabled() and not panel.progress.isVisible()
    assert panel.state.text() == "Cancelled"
    assert window.evaluating.found is None and not window.commands["save_report"].isEnabled()
    HeldUp.gate.set()


def test_without_photographs_it_says_what_is_lacking(window: Window, qtbot: QtBot, shelf: Shelf) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"))
    window.commands["evaluate"].trigger()
    qtbot.waitUntil(lambda: not window.evaluating.there["evaluation"], timeout=NEVER)
    qtbot.waitUntil(lambda: told(window) != "", timeout=NEVER)


def test_the_report_is_saved(opened: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = evaluated(opened, qtbot)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "scores"), ""))
    press(opened, qtbot, Qt.KeyboardModifier.ControlModifier)
    out = tmp_path / "scores.html"
    qtbot.waitUntil(lambda: "Saved" in told(opened), timeout=NEVER)
    text = out.read_text(encoding="utf-8")
    for _, scores in panel.table.shown:
        assert f"data-v='{scores[0].psnr!r}'" in text
    assert opened.settings.current.folders["report"] == str(tmp_path)


def test_another_scene_has_rows_of_its_own(opened: Window, qtbot: QtBot, shelf: Shelf) -> None:
    panel = evaluated(opened, qtbot)
    shelf.scenes["other.pth"] = FakeScene
    open_and_wait(opened, qtbot, Path("other.pth"))
    assert panel.table.shown == [] and opened.evaluating.found is None
    assert not opened.commands["save_report"].isEnabled()
