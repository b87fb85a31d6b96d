"""Navigate > Turntable: the scene turns by itself, one moving thing at a time."""

from __future__ import annotations

from collections.abc import Callable

from app.camera.motions import Turntable
from app.gui.host import Host
from app.gui.menus.speeds_dialog import FASTEST_TURNTABLE
from app.gui.viewport.viewport import Viewport
from app.settings import Settings


class TurntableCommands:
    """Begins and stops it; a hand, a jump, a recording or a path that plays stops it as well."""

    def __init__(self, window: Host, viewport: Viewport) -> None:
        self._window, self._viewport = window, viewport
        window.settings.changed.connect(self._settings_changed)

    def handlers(self) -> dict[str, Callable[..., None]]:
        """What the command does."""
        return {"turntable": self.turn}

    def turn(self, on: bool) -> None:
        """Turns, or stands still."""
        steady = self._window.session.eye.steady
        if not on:
            steady.stop()
            return
        for other in ("play", "path_play"):
            if self._window.commands[other].isChecked():
                self._window.commands[other].trigger()
        self._begin()
        self._window.notifications.tell("info", "Turntable: a drag, Esc or Shift+T stops it.")

    def _begin(self) -> None:
        # The file may hold any.
        speed = min(max(self._window.settings.current.turntable_speed, -FASTEST_TURNTABLE), FASTEST_TURNTABLE)
        self._window.session.eye.steady.begin(Turntable(speed), self._ended)
        self._window.commands["turntable"].setChecked(True)
        self._viewport.wake()

    def _ended(self) -> None:
        self._window.commands["turntable"].setChecked(False)

    def _settings_changed(self, settings: Settings, before: Settings) -> None:
        if settings.turntable_speed != before.turntable_speed and self._window.commands["turntable"].isChecked():
            self._begin()
