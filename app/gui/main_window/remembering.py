"""What the window remembers from one start to the next: its place on the screen, and the settings' file."""

from __future__ import annotations

from app.gui.dialog_parts import keep_on_screen
from app.gui.feedback.notifications import Notifications
from app.gui.qt import QByteArray, QDockWidget, QMainWindow, Qt, QTimer
from app.settings import RememberedSettings, Settings
from engines.core.errors import UserError

FIRST_PX = (1280, 800)
SAVED_AT_ONCE = ("recent", "inputs", "runs", "export", "mesh")
"""Of the settings: what a start after a crash goes on with; the others change as a slider is dragged."""
SAVED_AFTER_MS = 1000
"""The others, that long after the last change."""


class Remembering:
    """Writes the settings, and puts the window where it was."""

    def __init__(self, window: QMainWindow, settings: RememberedSettings, notifications: Notifications) -> None:
        self._window, self._settings, self._notifications = window, settings, notifications
        settings.changed.connect(self._settings_changed)
        self._told = ""
        self._later = QTimer(window)
        self._later.setSingleShot(True)
        self._later.setInterval(SAVED_AFTER_MS)
        self._later.timeout.connect(self.save)

    def restore(self, panel: QDockWidget, panel_width: int) -> None:
        """Puts the window where it was, `panel` as wide as it was, or as `panel_width`."""
        window, settings = self._window, self._settings.current
        window.resize(*FIRST_PX)
        if settings.geometry:
            window.restoreGeometry(QByteArray.fromBase64(settings.geometry.encode()))
        if not (window.isFullScreen() or window.isMaximized()):
            # Remembered on a larger screen, or at another scale.
            keep_on_screen(window)
        window.resizeDocks([panel], [settings.panel_width or panel_width], Qt.Orientation.Horizontal)

    def keep_geometry(self) -> None:
        """Takes note of where the window is."""
        self._settings.update(geometry=bytes(self._window.saveGeometry().toBase64()).decode())

    def keep_panel(self, panel: QDockWidget, shown: bool) -> None:
        """Takes note of the panel, whether it is `shown` with a scene and how wide it is, and writes the settings."""
        width = panel.width() if panel.isVisible() else self._settings.current.panel_width
        self._settings.update(panel=shown, panel_width=width)
        self.save()

    def save(self) -> None:
        """Writes the settings; where that fails it is told, once."""
        self._later.stop()
        try:
            self._settings.save()
        except UserError as error:
            if str(error) != self._told:
                self._notifications.error(error)
            self._told = str(error)

    def _settings_changed(self, settings: Settings, before: Settings) -> None:
        if any(getattr(settings, name) != getattr(before, name) for name in SAVED_AT_ONCE):
            self.save()
        else:
            self._later.start()
