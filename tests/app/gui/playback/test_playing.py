"""The time bar: shown with a recording only, driven by mouse and keys."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.gui.qt import QComboBox, QLabel, QPoint, Qt
from app.gui.window import Window
from app.viewing.opening import Opened
from engines.core.camera import Camera
from engines.core.engine import INSTANCE, TIME, Control
from engines.core.storage.checkpoint import Checkpoint
from tests.app.gui.conftest import NEVER, Shelf, open_and_wait
from tests.app.recorded import RecordedScene


def test_hidden_for_a_still_scene(window: Window, qtbot: QtBot) -> None:
    open_and_wait(window, qtbot, Path("fast.pth"))
    assert not window.time_bar.isVisible() and not window.commands["play"].isEnabled()


def test_shown_for_a_recording(window: Window, recorded: RecordedScene) -> None:
    bar = window.time_bar
    assert bar.isVisible() and bar.slider.maximum() == 5 and window.commands["play"].isEnabled()
    assert not window.controls.isVisible()


def test_play_and_pause(window: Window, qtbot: QtBot, recorded: RecordedScene) -> None:
    timeline = window.session.timeline
    window.commands["play"].trigger()
    qtbot.waitUntil(lambda: timeline.time_step >= 3, timeout=NEVER)
    assert window.commands["play"].isChecked() and window.commands["play"].text() == "&Pause"
    window.commands["play"].trigger()
    assert not timeline.playback.playing
    stopped = timeline.time_step
    qtbot.wait(200)
    assert timeline.time_step == stopped == window.time_bar.slider.value()


def test_a_moment_that_can_not_be_made_stops_it(window: Window, qtbot: QtBot, recorded: RecordedScene) -> None:
    recorded.broken = 3
    window.commands["play"].trigger()
    qtbot.waitUntil(window.banner.isVisible, timeout=NEVER)
    assert "time step 3 can't be read" in window.banner.text.text()
    assert not window.session.timeline.playback.playing and not window.commands["play"].isChecked()


class TwoRecordings(RecordedScene):
    """The first of six time steps, the second of one."""

    def __init__(self) -> None:
        super().__init__(6, 0.01)
        self.controls = (Control(INSTANCE, "Recording", "choice", 0, 1, 0, ("long", "still")), *self.controls)

    def time_steps(self, controls: Mapping[str, float]) -> int:
        return 1 if controls.get(INSTANCE) else 6


def test_the_bar_is_as_long_as_the_recording_that_is_chosen(
    window: Window, qtbot: QtBot, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Opened(TwoRecordings(), Checkpoint("colour_grid", {}, 0, {}), None, Path("recorded.pth"))
    monkeypatch.setattr("app.viewing.scene_loader.open_scene", lambda *_: opened)
    open_and_wait(window, qtbot, Path("recorded.pth"))
    window.playing.go_to(4, False)
    box = window.controls.findChild(QComboBox)
    box.setCurrentIndex(1)
    assert not window.time_bar.isVisible() and not window.commands["play"].isEnabled()
    assert window.session.timeline.time_step == 0
    box.setCurrentIndex(0)
    assert window.time_bar.isVisible() and window.time_bar.slider.maximum() == 5


def test_the_slider_goes_to_a_moment(window: Window, qtbot: QtBot, recorded: RecordedScene) -> None:
    slider = window.time_bar.slider
    slider.setSliderDown(True)
    slider.setValue(4)
    slider.setSliderDown(False)
    qtbot.waitUntil(lambda: _shown(window) == 4, timeout=NEVER)
    assert window.time_bar.place.text() == "4 / 5"


def test_a_step_before_the_first_is_the_last(window: Window, qtbot: QtBot, recorded: RecordedScene) -> None:
    window.commands["moment_before"].trigger()
    assert window.session.timeline.time_step == 5
    window.commands["moment_after"].trigger()
    assert window.session.timeline.time_step == 0


def test_rate_and_loop_are_remembered(window: Window, recorded: RecordedScene) -> None:
    bar = window.time_bar
    bar.fps.setCurrentIndex(bar.fps.findData(5.0))
    window.commands["loop"].trigger()
    assert window.settings.current.fps == 5.0 and not window.settings.current.loop
    assert window.session.timeline.playback.fps == 5.0 and not window.session.timeline.playback.loop


def test_without_a_loop_the_button_comes_up_at_the_end(window: Window, qtbot: QtBot, recorded: RecordedScene) -> None:
    window.commands["loop"].trigger()
    window.time_bar.fps.setCurrentIndex(window.time_bar.fps.findData(30.0))
    window.commands["play"].trigger()
    qtbot.waitUntil(lambda: not window.commands["play"].isChecked(), timeout=NEVER)
    assert window.session.timeline.time_step == 5 and window.commands["play"].text() == "&Play"


def test_dragging_while_it_plays(window: Window, qtbot: QtBot, recorded: RecordedScene) -> None:
    from tests.app.gui.conftest import drag

    window.commands["play"].trigger()
    eye = window.session.eye.shown
    assert eye is not None
    before = eye.camera_to_world.copy()
    drag(window, qtbot, (120, 40), steps=30)
    now = window.session.eye.shown
    assert now is not None and (now.camera_to_world != before).any()
    first = _shown(window)
    qtbot.waitUntil(lambda: _shown(window) != first, timeout=NEVER)
    window.commands["play"].trigger()


def test_the_strip_shows_what_is_ready(window: Window, qtbot: QtBot, recorded: RecordedScene) -> None:
    strip = window.time_bar.strip
    colour = window.palette().highlight().color()

    def ready(time_step: int) -> bool:
        image = strip.grab().toImage()
        step = (strip.width() - 14) / 5
        return bool(image.pixelColor(QPoint(round(7 + time_step * step), 1)) == colour)

    qtbot.waitUntil(lambda: ready(0), timeout=NEVER)
    assert not ready(3)
    window.session.set_control(TIME, 3)
    qtbot.waitUntil(lambda: ready(3), timeout=NEVER)


def _shown(window: Window) -> int | None:
    picture = window.looking.shown.picture
    return round(picture.request.controls.get(TIME, 0)) if picture is not None and not picture.request.draft else None


def test_the_export_asks_what_time_does(window: Window, recorded: RecordedScene) -> None:
    from app.gui.export.export_dialog import ExportDialog
    from app.gui.export.export_settings import RUNS, STANDS, ExportSettings

    assert window.session.opened is not None
    dialog = ExportDialog(window, window.session.opened, ExportSettings(time=STANDS), (320, 240))
    assert dialog.time.parent() is not None and dialog.settings().time == STANDS
    dialog.time.setCurrentIndex(dialog.time.findData(RUNS))
    assert dialog.settings().time == RUNS


def test_nothing_of_a_recording_stays_when_it_is_closed(window: Window, qtbot: QtBot, recorded: RecordedScene) -> None:
    window.commands["close"].trigger()
    qtbot.wait(1200)
    assert not window.time_bar.isVisible() and not window.commands["play"].isEnabled()
    assert [text.text() for text in (window.status.state, window.status.rate, window.status.size_label)] == ["", "", ""]


def test_a_click_in_the_bar_goes_there(window: Window, qtbot: QtBot, recorded: RecordedScene) -> None:
    slider = window.time_bar.slider
    qtbot.mouseClick(
        slider, Qt.MouseButton.LeftButton, pos=QPoint(round(7 + (slider.width() - 14) * 4 / 5), slider.height() // 2)
    )
    assert window.session.timeline.time_step == 4 == slider.value()


def test_the_slider_does_not_move_under_the_hand(window: Window, qtbot: QtBot, recorded: RecordedScene) -> None:
    bar = window.time_bar
    qtbot.wait(50)
    widths = set()
    for text in ("", "Caching 3 · 2 of 6 ready", "Caching 21", "Caching 1234 " * 9):
        bar.show_state(text, text)
        bar.show_time_step(4)
        qtbot.wait(20)
        widths.add((bar.slider.width(), bar.place.width()))
    assert len(widths) == 1


def test_waiting_is_said_on_the_picture_with_the_share_of_the_clip(
    window: Window, qtbot: QtBot, recorded: RecordedScene
) -> None:
    qtbot.waitUntil(lambda: 0 in recorded.there, timeout=NEVER)
    recorded.prepare_s = 1.0
    window.commands["play"].trigger()
    qtbot.waitUntil(window.busy.isVisible, timeout=NEVER)
    assert window.busy.text.text().startswith("Preparing frame") and window.time_bar.state.text().endswith("of 6 ready")
    # Once, however many places there are for it.
    said = [text.text() for text in window.findChildren(QLabel) if text.isVisible() and "Preparing" in text.text()]
    assert said == [window.busy.text.text()]
    assert window.busy.isVisible() and window.rect().contains(window.busy.mapTo(window, window.busy.rect().center()))
    recorded.prepare_s = 0.01
    qtbot.waitUntil(lambda: len(recorded.there) == 6, timeout=NEVER)
    window.commands["play"].trigger()
    qtbot.waitUntil(lambda: not window.busy.isVisible(), timeout=NEVER)


def test_only_what_is_ready_is_played_where_that_is_wanted(
    window: Window, qtbot: QtBot, recorded: RecordedScene
) -> None:
    qtbot.waitUntil(lambda: 0 in recorded.there, timeout=NEVER)
    window.commands["moment_after"].trigger()
    qtbot.waitUntil(lambda: 1 in recorded.there, timeout=NEVER)
    recorded.prepare_s = 30.0
    window.commands["play_ready"].trigger()
    seen: set[int] = set()
    window.commands["play"].trigger()
    for _ in range(40):
        seen.add(window.session.timeline.time_step)
        qtbot.wait(25)
    window.commands["play"].trigger()
    assert seen == {0, 1}


def test_what_is_ready_is_asked_once_and_drawn_once(
    window: Window, qtbot: QtBot, recorded: RecordedScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    qtbot.waitUntil(lambda: 0 in recorded.there, timeout=NEVER)
    recorded.prepare_s = 30.0
    window.commands["moment_after"].trigger()
    qtbot.waitUntil(
        lambda: window.looking.shown.picture is not None and window.looking.shown.picture.request.draft, timeout=NEVER
    )
    asked, submitted = list[int](), list[object]()
    prepared, worker = recorded.prepared, window.session.worker
    assert worker is not None

    def ask(camera: Camera, controls: Mapping[str, float]) -> bool:
        if threading.current_thread() is threading.main_thread():
            asked.append(round(controls[TIME]))
        return prepared(camera, controls)

    submit = worker.submit

    def noted(*asked: Any) -> None:
        submitted.append(asked)
        submit(*asked)

    monkeypatch.setattr(worker, "submit", noted)
    recorded.there.add(1)
    window.session.take_prepared()
    assert len(submitted) == 1
    monkeypatch.setattr(recorded, "prepared", ask)
    window.playing.show()
    assert asked == [0, 1, 2, 3, 4, 5]
    submitted.clear()
    window.commands["moment_after"].trigger()
    assert len(submitted) == 1


def test_a_placeholder_goes_though_nobody_said_that_its_time_step_is_ready(
    window: Window, qtbot: QtBot, recorded: RecordedScene
) -> None:
    qtbot.waitUntil(lambda: 0 in recorded.there, timeout=NEVER)
    recorded.prepare_s = 30.0
    window.commands["moment_after"].trigger()
    qtbot.waitUntil(
        lambda: window.looking.shown.picture is not None and window.looking.shown.picture.request.draft, timeout=NEVER
    )
    recorded.there.add(1)
    qtbot.waitUntil(lambda: _shown(window) == 1, timeout=NEVER)
