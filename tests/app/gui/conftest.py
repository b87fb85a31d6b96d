"""A window of the program on a fake scene, driven like a user drives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

import app.viewing.opening
import app.viewing.scene_loader
from app.gui.main import make_window
from app.gui.menus.hints import Hints
from app.gui.qt import (
    QApplication,
    QDragEnterEvent,
    QDropEvent,
    QEvent,
    QMimeData,
    QMouseEvent,
    QPoint,
    QPointF,
    Qt,
    QUrl,
    QWidget,
    present,
)
from app.gui.window import Window
from app.viewing.opening import Opened, open_scene
from engines.core.engine import Scene
from engines.core.errors import UserError
from engines.core.storage.checkpoint import Checkpoint
from tests.app.gui.fake_scene import FakeScene, opened, write_photographs
from tests.app.recorded import RecordedScene

SIZE = (900, 640)
NEVER = 60_000
"""Milliseconds: longer than anything takes, also where other programs have the processor."""


@pytest.fixture(scope="module", autouse=True)
def seen_only(uncounted: None) -> None:
    """Tests of the window look at what is seen; that a line of it ran says little."""


def opened_in(window: Window) -> Opened:
    """What the window shows."""
    assert window.session.opened is not None
    return window.session.opened


class Shelf:
    """What `open_scene` finds, by the file's name; anything else is damaged."""

    def __init__(self) -> None:
        self.scenes: dict[str, Callable[[], Scene]] = {}
        self.as_they_are: set[Path] = set()
        """Files that are really opened."""

    def open(
        self,
        path: Path,
        data: Path | None = None,
        device: str = "auto",
        settings: object = (),
        *rest: object,
    ) -> Opened:
        if path in self.as_they_are:
            return open_scene(path, data, device)
        if path.name not in self.scenes:
            raise UserError(f"{path}: not a torch checkpoint, or it is cut short")
        scene = self.scenes[path.name]()
        return opened(scene, path, write_photographs(data, scene) if data else None)


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """Scenes to open: `fast.pth`, 128 square."""
    shelf = Shelf()
    shelf.scenes["fast.pth"] = FakeScene
    monkeypatch.setattr(app.viewing.scene_loader, "open_scene", shelf.open)
    monkeypatch.setattr(app.viewing.opening, "open_scene", shelf.open)
    return shelf


@contextmanager
def shown_window(qtbot: QtBot, size: tuple[int, int] = SIZE) -> Iterator[Window]:
    """The window, shown, with nothing open; ended afterwards."""
    window = make_window("cpu")
    # As somebody has it who has seen them.
    present(window.viewport.findChild(Hints)).dismiss()
    window.resize(*size)
    window.show()
    qtbot.waitExposed(window)
    yield window
    window.end()
    window.deleteLater()
    QApplication.processEvents()


@pytest.fixture
def window(qtbot: QtBot, shelf: Shelf) -> Iterator[Window]:
    """The window, shown, with nothing open; it opens what is on the shelf."""
    with shown_window(qtbot) as window:
        yield window


@pytest.fixture
def recorded(window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> RecordedScene:
    """A recording of 6 time steps, open in the window."""
    scene = RecordedScene(6, 0.01)
    opened = Opened(scene, Checkpoint("colour_grid", {}, 0, {}), None, Path("recorded.pth"))
    monkeypatch.setattr("app.viewing.scene_loader.open_scene", lambda *_: opened)
    open_and_wait(window, qtbot, Path("recorded.pth"))
    return scene


def open_and_wait(window: Window, qtbot: QtBot, path: Path, data: Path | None = None) -> None:
    """Opens a scene and waits until its exact picture is shown."""
    window.files.open(path, data)
    qtbot.waitUntil(lambda: window.session.opened is not None and window.session.opened.path == path, timeout=NEVER)
    wait_exact(window, qtbot)


def wait_exact(window: Window, qtbot: QtBot) -> None:
    """Waits until the picture on the screen is the exact one of the eye's camera."""

    def exact() -> bool:
        picture, shown = window.looking.shown.picture, window.session.eye.shown
        if picture is None or shown is None or picture.kind != "exact" or window.session.eye.animating:
            return False
        return bool((picture.camera.camera_to_world == shown.camera_to_world).all())

    qtbot.waitUntil(exact, timeout=NEVER)


def told(window: Window) -> str:
    """What the banner says, without the places where long words may be wrapped."""
    return str(window.banner.text.text()).replace("\u200b", "")


def send_mouse(
    window: Window,
    kind: QEvent.Type,
    at: QPoint,
    button: Qt.MouseButton,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    on: QWidget | None = None,
) -> None:
    """A mouse event as Qt delivers it, on the canvas unless another widget is named; moves carry the held button."""
    send_mouse_to(window.viewport.canvas.widget if on is None else on, kind, at, button, modifiers)


def send_mouse_to(
    widget: QWidget,
    kind: QEvent.Type,
    at: QPoint,
    button: Qt.MouseButton = Qt.MouseButton.NoButton,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """A mouse event as Qt delivers it; moves carry the held button.

    `QTest.mouseMove` moves the pointer itself, and the window system tells of that later, if at all.
    """
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
    pressed = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else button
    event = QMouseEvent(
        kind,
        QPointF(at),
        QPointF(widget.mapToGlobal(at)),
        pressed,
        held,
        modifiers,
    )
    QApplication.sendEvent(widget, event)


def drop(on: QWidget, *paths: Path) -> None:
    """Files, as a file manager does: over the widget, and let go."""
    urls = QMimeData()
    urls.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    held = (Qt.DropAction.CopyAction, urls, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(on, QDragEnterEvent(QPoint(9, 9), *held))
    QApplication.sendEvent(on, QDropEvent(QPointF(9, 9), *held))


def drag(
    window: Window,
    qtbot: QtBot,
    by: tuple[int, int],
    button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    steps: int = 8,
    on: QWidget | None = None,
) -> None:
    """Press in the middle of the canvas, or of another widget, move in steps, release."""
    widget = window.viewport.canvas.widget if on is None else on
    start = QPoint(widget.width() // 2, widget.height() // 2)
    send_mouse(window, QEvent.Type.MouseButtonPress, start, button, modifiers, on)
    for step in range(1, steps + 1):
        at = start + QPoint(round(by[0] * step / steps), round(by[1] * step / steps))
        send_mouse(window, QEvent.Type.MouseMove, at, button, modifiers, on)
        qtbot.wait(15)
    send_mouse(window, QEvent.Type.MouseButtonRelease, start + QPoint(*by), button, modifiers, on)
