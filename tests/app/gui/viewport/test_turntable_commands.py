"""The turntable and the hand's settings in the window: real keys and drags."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.camera import motions
from app.gui.menus.speeds_dialog import SpeedsDialog
from app.gui.qt import QApplication, QDoubleSpinBox, Qt, QTimer
from app.gui.window import Window
from app.settings import load_settings
from engines.core.camera import Array
from tests.app.gui.conftest import NEVER, drag, open_and_wait, wait_exact
from tests.app.recorded import RecordedScene
from tests.qt_test import QTest


@pytest.fixture
def looking(window: Window, qtbot: QtBot) -> Window:
    """The window with a scene, and the keyboard."""
    open_and_wait(window, qtbot, Path("fast.pth"))
    QApplication.setActiveWindow(window)
    qtbot.waitUntil(window.isActiveWindow)
    window.viewport.focus()
    return window


def place(window: Window) -> Array:
    camera = window.session.eye.camera
    assert camera is not None
    return camera.position.copy()


def turns(window: Window) -> tuple[bool, bool]:
    """Whether it moves by itself, and whether the command says so."""
    return window.session.eye.steady.under_way, window.commands["turntable"].isChecked()


def plays(window: Window) -> tuple[bool, bool]:
    """The recording, and the path."""
    return window.session.timeline.playback.playing, window.paths.preview.playing


def wait_turned(window: Window, qtbot: QtBot, since: Array) -> None:
    qtbot.waitUntil(lambda: bool(np.linalg.norm(place(window) - since) > 0.02), timeout=NEVER)


def start(window: Window, qtbot: QtBot) -> None:
    since = place(window)
    QTest.keyClick(window.viewport.canvas.widget, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
    assert window.commands["turntable"].isChecked()
    wait_turned(window, qtbot, since)


@pytest.mark.parametrize("stops", ["key", "Esc", "drag", "jump"])
def test_it_turns_until_it_is_stopped_and_the_exact_picture_comes(looking: Window, qtbot: QtBot, stops: str) -> None:
    before = place(looking)
    start(looking, qtbot)
    turned = place(looking)
    assert turned[2] == pytest.approx(before[2]) and np.hypot(*turned[:2]) == pytest.approx(np.hypot(*before[:2]))
    # The scene goes to the right before the eye, which so goes to the left: from +x to -y.
    assert turned[1] < 0
    canvas = looking.viewport.canvas.widget
    if stops == "key":
        QTest.keyClick(canvas, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
    elif stops == "Esc":
        QTest.keyClick(canvas, Qt.Key.Key_Escape)
    elif stops == "drag":
        drag(looking, qtbot, (10, 0))
    else:
        QTest.keyClick(canvas, Qt.Key.Key_R)
    assert turns(looking) == (False, False)
    wait_exact(looking, qtbot)
    assert looking.looking.shown.is_final()


def test_only_one_thing_plays(window: Window, qtbot: QtBot, recorded: RecordedScene) -> None:
    commands = window.commands
    commands["path_turn"].trigger()
    seen = []
    for id in ("play", "turntable", "play", "turntable", "path_play", "turntable", "close"):
        commands[id].trigger()
        seen.append((*plays(window), *turns(window)))
    recording, turning = (True, False, False, False), (False, False, True, True)
    path, nothing = (False, True, False, False), (False,) * 4
    assert seen == [recording, turning, recording, turning, path, turning, nothing]


def test_speeds_are_set_at_once_and_remembered(looking: Window, qtbot: QtBot, own_settings: Path) -> None:
    start(looking, qtbot)

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, SpeedsDialog)
        for name, value in (("orbit_speed", "2.5"), ("turntable_speed", "-40")):
            field: QDoubleSpinBox = dialog.fields[name]
            field.selectAll()
            QTest.keyClicks(field, value)
        QTest.keyClick(dialog.fields["pan_speed"], Qt.Key.Key_Return)

    QTimer.singleShot(100, answer)
    looking.commands["speeds"].trigger()
    assert looking.session.eye.hand.settings.orbit_speed == 2.5
    # It goes on turning, the other way now.
    assert looking.commands["turntable"].isChecked()
    since = place(looking)
    wait_turned(looking, qtbot, since)
    assert place(looking)[1] > since[1]
    for id in ("momentum", "invert_look", "invert_zoom"):
        looking.commands[id].trigger()
    looking.end()
    kept = load_settings()
    assert (kept.orbit_speed, kept.turntable_speed, kept.fly_speed) == (2.5, -40, 1)
    assert kept.momentum and kept.invert_look and kept.invert_zoom


def test_a_drag_that_is_let_go_goes_on_with_momentum_and_rests(
    looking: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long a busy machine takes for a drag, it is none that was held still.
    for name in ("HELD_S", "MEASURED_S"):
        monkeypatch.setattr(motions, name, 60.0)
    monkeypatch.setattr(motions, "OVER_PX_S", 0.1)
    looking.commands["momentum"].trigger()
    drag(looking, qtbot, (160, 0))
    since = place(looking)
    assert turns(looking) == (True, False)
    qtbot.waitUntil(lambda: not np.array_equal(place(looking), since), timeout=NEVER)
    wait_exact(looking, qtbot)
    assert turns(looking) == (False, False) and looking.looking.shown.is_final()
