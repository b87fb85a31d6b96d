"""The whole screen for the picture: no menu, toolbar, status line or panels; Escape leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.gui.qt import QAction, QMainWindow, Qt, QWidget


class FullScreen:
    """Takes the bars and panels away, and gives back those that were there. The time bar of a recording stays."""

    def __init__(
        self, window: QMainWindow, action: QAction, bars: Sequence[QWidget], panels: Sequence[QAction]
    ) -> None:
        """`action`: the checkable one that asks for it; `panels`: the checkable ones that show a panel each."""
        self._window, self._action, self._bars, self._panels = window, action, bars, panels
        self._away: list[QAction] = []

    def restore(self) -> None:
        """The window fills the screen already, as it did the last time."""
        if self._window.isFullScreen():
            self._action.setChecked(True)
            self.clear()

    def choose(self, full: bool, tell: Callable[[str], None]) -> None:
        """Fills the screen, or gives it back to the window as it was, maximised or not."""
        state = self._window.windowState()
        if full:
            self.clear()
            tell("Full screen: Esc or F11 leaves it.")
        else:
            self.bring_back()
        whole = state | Qt.WindowState.WindowFullScreen
        self._window.setWindowState(whole if full else whole ^ Qt.WindowState.WindowFullScreen)

    def clear(self) -> None:
        """Takes away what is not the picture."""
        self._away = [panel for panel in self._panels if panel.isChecked()]
        for panel in self._away:
            panel.trigger()
        for bar in self._bars:
            bar.hide()

    def bring_back(self) -> None:
        """Shows it again; a panel that was opened meanwhile stays."""
        for bar in self._bars:
            bar.show()
        for panel in self._away:
            if not panel.isChecked():
                panel.trigger()
        self._away = []
