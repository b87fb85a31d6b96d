"""View > Presentation: the picture alone on the whole screen, without bars, messages, overlays and pointer."""

from __future__ import annotations

from collections.abc import Callable

from app.gui.host import Host
from app.gui.main_window.page_stack import PageStack
from app.gui.qt import QAction, QKeySequence, QMainWindow, QShortcut, Qt
from app.gui.viewport.picture_overlays import PictureOverlays
from app.gui.viewport.still_pointer import StillPointer
from app.gui.viewport.viewport import Viewport


class Presenting:
    """Takes away what full screen leaves, and gives it back; all commands go on working."""

    def __init__(self, window: Host, pages: PageStack, viewport: Viewport, overlays: PictureOverlays) -> None:
        self._window, self._pages, self._overlays = window, pages, overlays
        self._pointer = StillPointer(viewport)
        self._presents = self._filled = False
        window.session.scene_changed.connect(self._scene_changed)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the command does."""
        return {"present": self.choose}

    def watch(self, window: QMainWindow) -> None:
        """Whoever leaves full screen leaves the presentation, too; Escape leaves one thing after the other."""
        commands = self._window.commands
        commands["full_screen"].toggled.connect(lambda full: None if full else self.choose(False))
        self._escape = Escape(window, [commands[id] for id in ("present", "turntable", "full_screen")])

    def choose(self, presents: bool) -> None:
        """Begins, or gives all back that was there before."""
        if presents == self._presents:
            return
        self._presents = presents
        commands = self._window.commands
        commands["present"].setChecked(presents)
        self._pages.set_bare(presents)
        self._overlays.set_bare(presents)
        self._pointer.set_hidden(presents)
        full = commands["full_screen"]
        if presents:
            self._filled = not full.isChecked()
        if self._filled and full.isChecked() != presents:
            full.trigger()

    def _scene_changed(self) -> None:
        if self._window.session.opened is None:
            self.choose(False)


class Escape:
    """The Escape key in the window: leaves the first of several checked commands."""

    def __init__(self, window: QMainWindow, left: list[QAction]) -> None:
        """`left`: checkable; what stands first is left first."""
        self._left = left
        self._key = QShortcut(QKeySequence(Qt.Key.Key_Escape), window)
        self._key.activated.connect(self._leave)
        for action in left:
            action.toggled.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        # Else lists and fields would not hear of the key.
        self._key.setEnabled(any(action.isChecked() for action in self._left))

    def _leave(self) -> None:
        next(action for action in self._left if action.isChecked()).trigger()
